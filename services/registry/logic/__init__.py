"""The registry's use cases, by what they are about."""
