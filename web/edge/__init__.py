"""Connections: limits, headers, cookies and origins, before any GraphQL."""
