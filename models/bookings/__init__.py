"""Bookings, the event log, idempotency records, the outbox and checks of stored data."""
