"""Renders e-mails and sends them over SMTP."""
