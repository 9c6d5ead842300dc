"""One file an entry; each has its `ENTRY`."""
