"""Checks that every part of the package passes, for parts of one's own, and random circuits.

`check_executor(device)`. The strategies of hypothesis are in `qng.testing.strategies`, which needs
that package.
"""

from qng.testing.executor import check_executor as check_executor
