"""Notification: messages to liaisons and every delivery attempt."""
