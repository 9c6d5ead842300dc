"""Foreign circuits and observables to ours, and back."""
