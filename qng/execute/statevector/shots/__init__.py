"""Samples, expectation values and overlaps of many states.

prefixes        states of points that begin alike, as a tree of `branches`
looks           what is looked at in them
distribution    outcomes drawn from their probabilities, by the `streams` of the points
"""
