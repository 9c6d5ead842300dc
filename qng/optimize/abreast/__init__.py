"""Many runs of one method, their steps taken at once.

steps      a step of every run, or some of them
rows       where the runs are, field by field
columns    what is reported of a step, field by field
"""
