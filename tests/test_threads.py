"""Cores that may be used; limits of threads hold inside, and are lifted with the last task."""

import os
import subprocess
import sys

import pytest

from qng.threads import cores

BEGIN = """
import threading
from concurrent.futures import ThreadPoolExecutor
import scipy.linalg
from threadpoolctl import threadpool_info, threadpool_limits
from qng.threads import limited

def blas():
    (found,) = {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}
    return found

seen = []
"""

FREE = "with ThreadPoolExecutor(1) as pool: pool.submit(threadpool_limits, 3).result()\n"

TAKEN = "threadpool_limits(3)\n"

NESTED = """
with limited(1):
    seen.append(blas())
seen.append(blas())
try:
    with limited(2):
        seen.append(blas())
        1 / 0
except ZeroDivisionError:
    seen.append(blas())
print(seen)
"""

SIDE_BY_SIDE = """
first_ends, second_runs, second_ends = (threading.Event() for _ in range(3))

def first():
    with limited(1):
        second_runs.wait(10)
    seen.append(blas())
    first_ends.set()
    second_ends.wait(10)
    with limited(2):
        seen.append(blas())

def second():
    with limited(1):
        second_runs.set()
        first_ends.wait(10)
        seen.append(blas())
    seen.append(blas())
    second_ends.set()

tasks = [threading.Thread(target=f) for f in (first, second)]
for task in tasks:
    task.start()
for task in tasks:
    task.join()
print(seen, blas())
"""


def fresh(code: str) -> str:
    """What code prints in a process in which no thread has set a limit."""
    command = [sys.executable, "-W", "error", "-c", BEGIN + code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("before", [FREE, TAKEN])
def test_one_inside_another(before: str) -> None:
    code = "with limited(1):\n    with limited(2): pass\n    print(blas())\nprint(blas())"
    assert fresh(before + code).split() == ["1", "3"]


@pytest.mark.parametrize("before", [FREE, TAKEN])
def test_inside_and_after(before: str) -> None:
    assert fresh(before + NESTED) == "[1, 3, 2, 3]"


def test_tasks_side_by_side_in_threads() -> None:
    assert fresh(FREE + SIDE_BY_SIDE) == "[1, 1, 3, 2] 3"


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_cores_are_those_that_the_process_may_use() -> None:
    everything = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(everything)})
        assert cores() == 1
    finally:
        os.sched_setaffinity(0, everything)
    assert cores() == len(everything)


def test_cores_where_no_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_getaffinity", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: None)
    assert cores() == 1
