"""The embedded database, started when MONGODB_URL is not set."""
