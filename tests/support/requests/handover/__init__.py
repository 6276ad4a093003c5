"""Good requests to handover, by subject."""
