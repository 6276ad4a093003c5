"""Feedback: two-way feedback threads between bureau and supervision."""
