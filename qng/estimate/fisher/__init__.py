"""estimate/fisher."""
