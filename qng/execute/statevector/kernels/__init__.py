"""Loops over amplitudes, compiled by numba."""
