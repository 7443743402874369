"""The database that the program starts by itself when no MONGODB_URL is set."""
