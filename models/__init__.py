"""Stored documents and the domain rules that apply to them."""
