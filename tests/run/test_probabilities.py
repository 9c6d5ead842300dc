"""Probabilities of bit strings against Qiskit, PennyLane and printed numbers."""

from dataclasses import replace

import numpy as np
import pennylane as qml
import pytest
from qiskit.quantum_info import Statevector

import qng
from qng.circuit.ansatz import hardware_efficient
from qng.errors import InputError, UnknownNameError
from qng.reproduce import legacy
from qng.run import probabilities
from qng.run.imaginary import beside
from qng.run.probabilities import at, of_bits

CIRCUIT = hardware_efficient(3, 2)
POINTS = np.random.default_rng(2).uniform(-3, 3, (4, CIRCUIT.n_parameters))


def test_strings_are_qiskits_and_those_from_the_left_pennylanes() -> None:
    theirs = CIRCUIT.to_qiskit()

    @qml.qnode(qml.device("default.qubit", wires=3))
    def wires(theta: np.ndarray) -> object:
        CIRCUIT.to_pennylane()(theta)
        return qml.probs(wires=range(3))

    for k, theta in enumerate(POINTS):
        bound = theirs.assign_parameters(dict(zip(CIRCUIT.parameters, theta)), strict=False)
        expected = Statevector(bound).probabilities_dict()
        for bits in ("011", "100"):
            assert at(CIRCUIT, POINTS, bits)[k] == pytest.approx(expected[bits], abs=1e-12)
            left = at(CIRCUIT, theta, bits, zero="left")
            assert left.shape == (1,)
            assert left[0] == pytest.approx(float(wires(theta)[int(bits, 2)]), abs=1e-12)


def test_all_strings_together_have_probability_one(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [f"{k:03b}" for k in range(8)]
    whole = at(CIRCUIT, POINTS, every)
    np.testing.assert_allclose(whole, 1, atol=1e-12)
    some = at(CIRCUIT, POINTS, every[:3])
    monkeypatch.setattr(probabilities, "_MANY", 16)
    np.testing.assert_array_equal(at(CIRCUIT, POINTS, every[:3]), some)


def test_a_run_has_one_number_a_point() -> None:
    run = qng.minimize("vertex-cover-4", "gd", steps=3, lr=0.01)
    found = of_bits(run, ["0110", "1010"], zero="left")
    assert found.shape == (run.nit + 1,)
    np.testing.assert_array_equal(found, of_bits(run, ["0110", "0101"]))
    start = legacy.vertex_cover_starts(1)[0]
    assert found[0] == at("vertex-cover-4", start, ["0110", "0101"])[0]


def test_of_shots_they_are_exact_all_the_same() -> None:
    run = qng.minimize("textbook-2", "gd", steps=2, shots=1000)
    odd = of_bits(run, ["01", "10"])
    np.testing.assert_allclose(1 - 2 * odd, run.trace["exact"], atol=1e-12)


@pytest.mark.parametrize(
    ("bits", "says"),
    [
        ("0", "strings of 3 zeros and ones, not '0'"),
        (["002"], "strings of 3 zeros and ones"),
        ([3], "strings of 3 zeros and ones"),
        ([], "different strings, one at least"),
        (["000", "000"], "different strings"),
    ],
)
def test_what_is_no_string_of_bits_is_refused(bits: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        at(CIRCUIT, POINTS, bits)


@pytest.mark.parametrize("along", [lambda run: of_bits(run, "00"), beside])
def test_what_is_no_run_is_refused(along: object) -> None:
    with pytest.raises(InputError, match="a run is expected"):
        along("h2")
    run = qng.minimize("textbook-2", "gd", steps=1)
    with pytest.raises(InputError, match="does not say how it was made"):
        along(replace(run, made=None))


def test_other_refusals() -> None:
    with pytest.raises(UnknownNameError, match="middle"):
        at(CIRCUIT, POINTS, "000", zero="middle")
    several = qng.Problem.weighted([(CIRCUIT, 0.5), (CIRCUIT.then([]), 0.5)], {"Z0": 1.0})
    with pytest.raises(InputError, match="bits are those of one circuit"):
        at(several, POINTS, "000")
