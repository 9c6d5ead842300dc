"""estimate/fubini."""
