"""Execution engine: parse, validate, cost, compile and execute GraphQL documents."""
