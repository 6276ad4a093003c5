"""What audit is asked and answers, by subject."""
