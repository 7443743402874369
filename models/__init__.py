"""Stored data and the rules that hold for them."""
