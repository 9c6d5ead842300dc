"""Cores that may be used, and threads that are kept for the next call.

Limits of threads hold inside, and are lifted with the last task.
"""

import os
import subprocess
import sys
import threading

import pytest

from qng import threads
from qng.threads import cores, mapped

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


SHORT = """
from qng.threads import unthreaded
went, ends = threading.Event(), threading.Event()

def other():
    with unthreaded():
        went.set()
        ends.wait(10)
        seen.append(blas())

task = threading.Thread(target=other)
task.start()
went.wait(10)
with unthreaded():
    seen.append(blas())
ends.set()
task.join()
seen.append(blas())
with limited(2), unthreaded():
    seen.append(blas())
with limited(1), unthreaded():
    seen.append(blas())
print(seen, blas())
"""


def test_short_calls_have_one_thread() -> None:
    # SciPy's libraries may have been loaded after NumPy's and are left as they are.
    numpys = "def blas():\n    return threadpool_info()[0]['num_threads']\n"
    assert fresh(FREE + numpys + SHORT) == "[1, 1, 3, 1, 1] 3"


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


def test_results_are_in_the_order_of_the_items() -> None:
    for count in (0, 1, 2, 7):
        for number in (0, 1, 2, 5):
            assert mapped(lambda k: 2 * k, range(count), number) == [2 * k for k in range(count)]


def test_threads_are_kept() -> None:
    meet = threading.Barrier(3)

    def who(_: int) -> int:
        meet.wait(10)
        return threading.get_ident()

    first, second = (set(mapped(who, range(3), 3)) for _ in range(2))
    assert first == second
    assert threading.get_ident() in first


def test_calls_inside_of_others() -> None:
    inner = mapped(lambda k: sum(mapped(lambda j: j * k, range(5), 2)), range(6), 2)
    assert inner == [10 * k for k in range(6)]


def test_a_failure_ends_the_call_and_not_the_threads() -> None:
    begun = []

    def fails(k: int) -> int:
        begun.append(k)
        if k == 1:
            raise ValueError("one")
        return k

    for _ in range(2):
        begun.clear()
        with pytest.raises(ValueError, match="one"):
            mapped(fails, range(10_000), 2)
        assert len(begun) < 10_000
    assert mapped(fails, [2, 3, 4], 2) == [2, 3, 4]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_that_was_forked_has_threads_of_its_own() -> None:
    code = (
        "import os, warnings\nfrom qng.threads import mapped\n"
        "warnings.simplefilter('ignore')\nmapped(abs, range(4), 2)\nchild = os.fork()\n"
        "if not child:\n    os._exit(mapped(abs, [-3, -4], 2) != [3, 4])\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert fresh(code) == "0"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_process_is_forked_while_another_thread_takes_threads() -> None:
    code = (
        "import os, signal, threading, warnings\nfrom qng import threads\n"
        "from qng.execute.statevector.tangents import rows\nwarnings.simplefilter('ignore')\n"
        "for lock in (threads._LOCK, rows._LOCK):\n"
        "    lock.acquire()\n    threading.Timer(0.1, lock.release).start()\n"
        "child = os.fork()\nif not child:\n    signal.alarm(5)\n    rows.spare(1, 0)\n"
        "    os._exit(threads.mapped(abs, [-3, -4], 2) != [3, 4])\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    assert fresh(code) == "0"


def test_threads_of_calls_side_by_side_are_not_kept_twice() -> None:
    mapped(lambda k: mapped(abs, range(3), 2), range(4), 2)
    numbers = [number for number, _ in threads._IDLE]
    assert len(numbers) == len(set(numbers))
