"""Metrics and traces that any layer may record."""
