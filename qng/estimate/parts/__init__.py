"""estimate/parts."""
