"""Execution engine: parse, validate, compile and execute GraphQL documents; compute their cost."""
