"""Logs, metrics, traces and health checks, as operators read them."""
