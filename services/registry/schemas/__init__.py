"""The registry's requests and answers, by what they are about."""
