"""The registry's needs of its use cases, by what they are about."""
