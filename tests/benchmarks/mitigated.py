"""Standard errors of IBM's client-side estimator against the spread of its values.

python -m tests.benchmarks.mitigated [VALUES]

Two qubits in cos(a/2)|00> + sin(a/2)|11> on the noise model of fake_manila, <Z0 + Z1 + X0 X1 / 2>
at three angles, 512 shots a point and basis. For every resilience level, over so many values (500
by default): how many lie within 1.96 standard errors of their mean, ours and the client's, and the
spread over the root mean square of the errors. Every job has a readout calibration of its own and
holds 10 values.
"""

from __future__ import annotations

import sys

import numpy as np
from qiskit_ibm_runtime.decoders.executor_estimator.decoder import ClientSideEstimatorDecoder
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.execute.qiskit.ibm import estimating, mitigation
from qng.execute.qiskit.ibm.local import LocalEstimator
from qng.plan.request import Expectation, Request

PAIR = Circuit(2, [Rotation(Pauli.parse("Y0"), parameter("a")), Gate("cx", (0, 1))], ["a"])
OBSERVABLE = PauliSum({"Z0": 1.0, "Z1": 1.0, "X0 X1": 0.5})
ANGLES = np.repeat([0.3, 1.0, 2.0], 10)[:, None]
SHOTS = 512


def values(level: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, our errors and the client's, each of shape (3, 10)."""
    device = LocalEstimator(FakeManilaV2(), resilience_level=level)
    shots = np.full(len(ANGLES), SHOTS)
    request = Request(PAIR, ANGLES, Expectation(OBSERVABLE), shots=shots)
    packet = estimating.packed([request], seed, device.transpiler)
    asked = estimating.asked(packet, "")
    options = mitigation.model(device.options, SHOTS)
    options.simulator.seed_simulator = seed
    options.simulator.angle_decimals = 12
    result = device._run(asked[0], options)
    (ours,) = estimating.read(result, asked, "", SHOTS)
    theirs = ClientSideEstimatorDecoder.decode(result)[0].data.stds
    return ours.value.reshape(3, 10), ours.std_error.reshape(3, 10), theirs.reshape(3, 10)


def row(level: int, number: int) -> str:
    jobs = [values(level, seed) for seed in range(-(-number // 10))]
    value, ours, theirs = (np.concatenate(part, axis=1) for part in zip(*jobs))
    off = np.abs(value - value.mean(axis=1, keepdims=True))
    spread = value.std(axis=1, ddof=1)
    cells = [
        f"{np.mean(off < 1.96 * error):.3f} ({np.mean(spread / np.sqrt((error**2).mean(1))):.2f})"
        for error in (ours, theirs)
    ]
    return f"{level:>5}  {value.size:>6}  {cells[0]:>14}  {cells[1]:>14}"


if __name__ == "__main__":
    print("level  values  ours (spread)  client's (spread)")
    for k in (0, 1, 2):
        print(row(k, int(sys.argv[1]) if len(sys.argv) > 1 else 500), flush=True)
