"""The registry's endpoints, by what they are about."""
