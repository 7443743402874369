"""Execution engine: parse, validate, cost, compile and execute documents."""
