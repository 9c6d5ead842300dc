"""Executors: requests to results."""
