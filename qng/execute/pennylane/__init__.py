"""Any device of PennyLane: simulators, plugins and the hardware that these reach.

In come requests; out go exact values where a device has them, and counts. Requests become tapes
(`tapes`), which a device made with the seed of the batch (`devices`) executes (`executor`).
"""

from qng.errors import need

need("pennylane", "what runs on devices of PennyLane")


from qng.execute.pennylane.executor import PennyLane as PennyLane
from qng.execute.pennylane.executor import device as device
