"""Render mails and send them over SMTP."""
