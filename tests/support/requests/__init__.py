"""A good request to every endpoint of every service, and every way to spoil it."""
