"""Audit: the Merkle log, checkpoints and evidence files."""
