"""The local stack: the emulator, the command line, the demo."""
