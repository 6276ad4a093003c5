"""Audit over HTTP, by subject: each view makes one logic call."""
