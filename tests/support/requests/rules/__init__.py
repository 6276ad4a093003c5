"""What only a service's own rules refuse, by reason."""
