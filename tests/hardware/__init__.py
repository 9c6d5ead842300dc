"""Runs on a quantum service, tried from outside: only commands, against a service of our own."""
