"""Metrics and traces, usable from every layer."""
