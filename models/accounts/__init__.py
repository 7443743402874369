"""User accounts, sessions, e-mailed links and attempt counters."""
