"""Audit's use cases, by subject."""
