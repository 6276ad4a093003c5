"""Oversight: findings about what is late or missing (督查)."""
