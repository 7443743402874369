"""Bounded caches, single-flight and batch loading, for every layer."""
