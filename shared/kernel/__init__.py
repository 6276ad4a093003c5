"""Pure building blocks: no AWS, no chalice, no input or output."""
