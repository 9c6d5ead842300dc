"""The circuits of a run on its shelf: equal in every process, and taken from there ever after."""

import hashlib
import json
import pickle
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import qasm3

from qng.circuit.ansatz import hardware_efficient
from qng.circuit.pauli import Pauli
from qng.errors import InputError, RefusedError
from qng.execute.qiskit.backends import backend
from qng.execute.qiskit.isa import restricted
from qng.execute.qiskit.kept import dumped, loaded
from qng.execute.qiskit.packet import check
from qng.execute.qiskit.transpile import Measured, Transpiler
from qng.testing import strategies
from tests.execute.shelves import Memory, closing, first_step, packet


def equal(one, other) -> bool:
    return len(one.pubs) == len(other.pubs) and all(
        a.circuit == b.circuit and np.array_equal(a.values, b.values) and a.shots == b.shots
        for a, b in zip(one.pubs, other.pubs)
    )


TRANSPILER = backend("generic:5").transpiler


class Untouched:
    """A backend that is not there."""

    def __getattr__(self, name):
        raise AssertionError(f"the device was asked for its {name}")


@settings(max_examples=25)
@given(st.data())
def test_circuits_come_back_from_their_bytes(data):
    circuit = data.draw(strategies.circuits(max_ops=8))
    basis = data.draw(strategies.words(circuit.n_qubits))
    made = TRANSPILER.measured(circuit, basis)
    read = loaded(dumped(made))
    assert (read.columns, read.qubits) == (made.columns, made.qubits)
    assert read.circuit == made.circuit
    assert read.circuit.layout is None
    phi = np.linspace(-1, 1, circuit.n_rotations)[None]
    assert np.array_equal(read.values(phi), made.values(phi))


def test_what_is_kept_is_taken_without_a_device():
    device, shelf = backend("generic:5", mitigate=100), Memory()
    requests = first_step("h2", device, 10_000)
    first = packet(requests, device, shelf)
    assert shelf.commits == 1
    object.__setattr__(device, "transpiler", Transpiler(Untouched(), 3, 99))
    assert equal(packet(requests, device, shelf), first)
    assert shelf.commits == 1


def test_another_transpiler_changes_nothing():
    """Whatever is installed later."""
    shelf = Memory()
    for level in (0, 3):
        device = backend("generic:5", optimization_level=level, seed_transpiler=level)
        made = packet(first_step("h2", device, 10_000), device, shelf)
        if level == 0:
            before = made
    assert equal(before, made)


ANOTHER = """
import pickle, sys
from tests.execute.qiskit.test_kept import made
shelf, whole = made()
print(whole)
open(sys.argv[1], "wb").write(pickle.dumps(dict(shelf)))
"""


def made(shelf=None):
    """A shelf with the first step of a run, and the digest of its packet."""
    device = backend("generic:5", mitigate=100)
    shelf = Memory() if shelf is None else shelf
    sent = packet(first_step("h2", device, 10_000), device, shelf)
    texts = [
        [qasm3.dumps(pub.circuit), pub.values.tolist(), pub.shots, list(rows)]
        for pub, (_, rows) in zip(sent.pubs, [*sent.rows, (0, ()), (0, ())])
    ]
    return shelf, hashlib.sha256(repr(texts).encode()).hexdigest()


def test_another_process_makes_the_same(tmp_path):
    """And sends the same from a shelf that another one has made."""
    path = tmp_path / "shelf"
    ran = subprocess.run(
        [sys.executable, "-c", ANOTHER, str(path)],
        env={"PYTHONHASHSEED": "1", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    own, digest = made()
    assert ran.stdout.strip() == digest
    assert own.commits > 0
    shelf = Memory(pickle.loads(path.read_bytes()))
    assert made(shelf)[1] == digest
    assert shelf.commits == 0


def test_a_run_made_anew_keeps_what_was_before():
    device, shelf = backend("generic:5"), Memory()
    step, last = first_step("h2", device, 10_000), closing("h2", device, 1000)
    first = packet(step, device, shelf)
    object.__setattr__(device, "transpiler", Transpiler(device.transpiler.backend, 0, 7))
    second = packet(last, device, shelf, anew=True)
    assert shelf["generation"] == b"1"
    assert json.loads(shelf["0/layout"]) != json.loads(shelf["1/layout"])
    # Both are what they were, in whatever order a run is read again.
    assert equal(packet(step, device, shelf), first)
    assert equal(packet(last, device, shelf), second)


def test_a_calibration_that_lacks_a_gate_refuses():
    device, shelf = backend("generic:5", mitigate=50), Memory()
    sent = packet(first_step("h2", device, 10_000), device, shelf)
    target = device.transpiler.target
    check(sent, target, "generic:5")
    check(sent, None, "generic:5")
    lost = next(name for name in ("cx", "cz", "ecr") if name in target.operation_names)
    names = [name for name in target.operation_names if name != lost]
    lacking = type(target)(num_qubits=5)
    for name in names:
        operation = target.operation_from_name(name)
        lacking.add_instruction(
            operation, None if isinstance(operation, type) else target[name], name=name
        )
    with pytest.raises(RefusedError, match=f"generic:5 has no {lost} on its qubits") as caught:
        check(sent, lacking, "generic:5")
    assert caught.value.retranspile
    with pytest.raises(RefusedError, match="has 3"):
        check(sent, restricted(target, range(3)), "generic:5")


def test_circuits_of_another_qiskit_are_told():
    data = dumped(TRANSPILER.measured(hardware_efficient(2, 1), Pauli.parse("Z0")))
    head, _, packed = data.partition(b"\n")
    written = bytearray(zlib.decompress(packed))
    written[6] = 250  # the version
    with pytest.raises(InputError, match=r"another Qiskit: .* pip install -U qiskit"):
        loaded(head + b"\n" + zlib.compress(bytes(written)))
    assert isinstance(loaded(data), Measured)
