"""The registry's rows, by what they are about."""
