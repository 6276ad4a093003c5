"""Requests and answers of the handover API, by subject; with the contracts they are its whole wire format."""
