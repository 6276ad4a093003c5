"""What handover's logic needs of the outside, by subject."""
