"""Users, their sessions, and the links and attempts that guard an account."""
