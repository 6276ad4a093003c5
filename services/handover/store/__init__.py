"""Handover in DynamoDB, by subject."""
