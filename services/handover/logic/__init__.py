"""Use cases of handover, by subject: read, let the domain decide, write once."""
