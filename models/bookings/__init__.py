"""Bookings: their events, idempotency records, mails and invariants."""
