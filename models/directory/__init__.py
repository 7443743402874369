"""Experts, how they are listed, and how administrators change them."""
