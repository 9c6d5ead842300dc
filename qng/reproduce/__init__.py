"""Published experiments: their settings as data, our numbers beside the published ones.

An entry comes in, a reproduction goes out: its runs, one verdict a number, and a picture.
"""
