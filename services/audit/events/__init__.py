"""What audit hears and what it does by the clock, by subject: each function makes one logic call."""
