"""The database connection and everything that knows MongoDB rather than the domain."""
