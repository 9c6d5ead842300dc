"""Speeds and costs as ratios to peers or physical limits; they decide no test.

python -m tests.benchmarks.speed        exact and sampled steps against other packages
python -m tests.benchmarks.startup      import, first help, first run
python -m tests.benchmarks.estimators   shots to a good step, by estimator
"""

import os

# OpenBLAS keeps its idle threads running for 25 ms, on the cores of whatever is measured next.
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
