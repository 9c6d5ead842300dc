"""An IBM quantum service of our own, on 127.0.0.1.

It speaks what qiskit-ibm-runtime 0.51 asks of the REST API (`server.py`), executes with Aer and the
noise of a fake device (`execute.py`), keeps its own account of jobs and seconds (`world.py`), and
breaks where it is told to (`faults.py`). `python -m tests.loopback` starts one by itself.
"""

from tests.loopback.faults import Fault
from tests.loopback.server import Loopback
from tests.loopback.world import World

__all__ = ["Fault", "Loopback", "World"]
