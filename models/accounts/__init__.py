"""User accounts, sessions, links and codes sent by e-mail, and attempt counters."""
