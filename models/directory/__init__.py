"""Experts, the public directory, and its administration."""
