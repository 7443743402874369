"""Renders mails and sends them over SMTP."""
