"""What tests are built from: builders and drivers, never behaviour of their own."""
