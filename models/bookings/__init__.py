"""Bookings, their event log, idempotency records, outbox and invariant checks."""
