"""What services say to one another: event envelopes and versioned bodies. The only coupling between them."""
