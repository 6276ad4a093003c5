"""What audit's logic stands on, by subject."""
