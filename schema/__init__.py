"""The GraphQL schema that clients see, one file per domain."""
