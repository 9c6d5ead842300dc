"""The callable for qiskit-algorithms; what the algorithms make of it is in `tests/optional`."""

import sys

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector

import qng
from qng.adapters.qiskit import Minimizer, minimizer
from qng.adapters.qiskit.algorithms import circuit_for, takes_several
from qng.errors import InputError, MissingPackageError

V = ParameterVector("v", 11)  # by number, not by text: v[10] is the last
ANSATZ = QuantumCircuit(3)
for k in range(9):
    ANSATZ.ry(V[10 - k], k % 3)
    ANSATZ.cx(k % 3, (k + 1) % 3)
ANSATZ.rx(V[1], 0)
ANSATZ.rz(V[0], 1)
H = SparsePauliOp(["ZZI", "IXX", "YIY"], [1.0, 0.7, -0.3])
START = np.linspace(-1, 1, 11)


def energy(x):
    return float(Statevector(ANSATZ.assign_parameters(x)).expectation_value(H).real)


def test_parameters_are_in_qiskits_order():
    found = minimizer("qng", ANSATZ, maxiter=6)(energy, START, None, None)
    expected = qng.minimize(qng.Problem(ANSATZ, H, start=START), "qng", steps=6)
    assert found.x == pytest.approx(expected.x, abs=1e-7)
    assert found.fun == pytest.approx(energy(found.x))


def test_callbacks_as_those_of_spsa():
    told = []
    found = minimizer("qng", ANSATZ, maxiter=5, callback=lambda *said: told.append(said))(
        fun=energy, x0=START, jac=None, bounds=[(0, 1)] * 11
    )
    assert len(told) == found.nit == 5
    counts, points, values, lengths, kept = zip(*told)
    assert list(counts) == sorted(counts)
    assert counts[-1] == found.nfev
    assert values == pytest.approx([energy(x) for x in points])
    ends = np.array([START, *(x for x, k in zip(points, kept) if k)])
    if all(kept):
        assert lengths == pytest.approx(np.linalg.norm(np.diff(ends, axis=0), axis=1))
    assert np.array_equal(points[-1], found.x)


def test_a_checker_ends_it():
    checked = []

    def checker(count, x, value, length, accepted):
        checked.append(value)
        return len(checked) == 2

    found = minimizer("qng", ANSATZ, termination_checker=checker)(energy, START)
    assert found.status == 99
    assert found.nit == 3


def test_nobody_sets_its_callback():
    """Models of qiskit-machine-learning set the `callback` of an optimizer that has one."""
    assert not hasattr(minimizer(), "callback")


def test_circuits_of_all_kinds():
    class Algorithm:
        ansatz = ANSATZ

    for given in (ANSATZ, Algorithm(), lambda: ANSATZ, lambda: Algorithm()):
        assert circuit_for(given, energy) is ANSATZ
    ours = qng.Circuit.from_qiskit(ANSATZ)
    assert circuit_for(ours, energy) is ours
    assert circuit_for(None, energy) is None
    assert not takes_several(energy)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"maxiter": -1}, "maxiter"),
        ({"maxfev": 0}, "maxfev"),
        ({"tol": "small"}, "tol"),
        ({"callback": 3}, "callback"),
        ({"callback": lambda x, value: None}, "is called with .values so far, theta, "),
        ({"termination_checker": 3}, "termination_checker"),
        ({"method": "QNSPSA2"}, "unknown method"),
        ({"learning_rate": 0.1}, "learning_rate"),
    ],
)
def test_bad_input_is_refused_at_once(given, said):
    with pytest.raises(InputError, match=said):
        minimizer(**given)


def test_no_circuit_and_one_of_other_parameters():
    with pytest.raises(InputError, match="metric of a circuit"):
        minimizer("qng")(energy, START)
    with pytest.raises(InputError, match="has 3 value"):
        minimizer("qng", ANSATZ)(energy, START[:3])

    class Unfinished:
        ansatz = None

    with pytest.raises(InputError, match="no ansatz yet"):
        minimizer("qng", Unfinished())(energy, START)
    assert isinstance(minimizer("adam"), Minimizer)
    assert minimizer("adam", maxiter=3)(energy, START).nit == 3


def test_the_class_says_what_it_needs(monkeypatch):
    import qng.adapters.qiskit as door

    for name in ("qiskit_algorithms", "qiskit_algorithms.optimizers"):
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "qng.adapters.qiskit.optimizer", raising=False)
    with pytest.raises(MissingPackageError, match="needs the package qiskit-algorithms: pip"):
        _ = door.Optimizer
    with pytest.raises(AttributeError, match="no attribute 'optimizer2'"):
        _ = door.optimizer2
