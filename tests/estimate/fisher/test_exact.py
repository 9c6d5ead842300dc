"""The classical Fisher matrix: differences of the state, closed forms, zeros of p, and I <= 4 g."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import InputError, UnknownNameError
from qng.estimate.fisher import exact as fisher
from qng.execute.statevector.executor import Statevector
from qng.run.bench import answer
from qng.testing.strategies import cases
from tests import dense


def rotation(word: str, angle) -> Rotation:
    return Rotation(Pauli.parse(word), angle)


T, P = parameter("t"), parameter("p")


@st.composite
def bases(draw, n: int) -> tuple[str, str]:
    """(basis as it is given, one letter a qubit)."""
    if draw(st.booleans()):
        letter = draw(st.sampled_from("XYZ"))
        return letter, letter * n
    letters = draw(st.lists(st.sampled_from("IXYZ"), min_size=n, max_size=n))
    basis = " ".join(f"{c}{q}" for q, c in enumerate(letters) if c != "I") or "I"
    return basis, "".join(letters).replace("I", "Z")


@settings(max_examples=150)
@given(cases(), st.data())
def test_fisher_is_made_of_differences_of_the_state(case, data):
    circuit, theta = case
    basis, letters = data.draw(bases(circuit.n_qubits))
    found = qng.metric(circuit, theta, "fisher", basis=basis).dense()
    dense.close(found, dense.fisher(circuit, theta, letters))
    dense.positive(found)
    diagonal = qng.metric(circuit, theta, "fisher-diagonal", basis=basis).diagonal()
    dense.close(diagonal, np.diag(found), 1e-12, 1.0)


@settings(max_examples=100)
@given(cases(), st.data())
def test_no_basis_has_more_than_four_g(case, data):
    circuit, theta = case
    basis, _ = data.draw(bases(circuit.n_qubits))
    g = qng.metric(circuit, theta).dense()
    dense.positive(4 * g - qng.metric(circuit, theta, "fisher", basis=basis).dense(), 1e-11)


@pytest.mark.parametrize("word", ["X0", "Y0"])
@pytest.mark.parametrize("t", [0.0, 1e-13, 1e-9, 1e-3, 0.7, np.pi / 2, np.pi, 2 * np.pi])
def test_one_rotation_has_one_at_every_angle(word, t):
    """p = cos^2(t/2): I = 1 = 4 g, also where p is exactly zero."""
    circuit = Circuit(1, [rotation(word, T)], ["t"])
    for estimator in ("fisher", "fisher-diagonal"):
        np.testing.assert_allclose(qng.metric(circuit, [t], estimator).dense(), [[1]], atol=1e-12)
    np.testing.assert_allclose(qng.metric(circuit, [t]).dense(), [[0.25]], atol=1e-12)


@pytest.mark.parametrize("basis", ["X", "Y", "Z"])
def test_bloch_vector(basis):
    """I = dn dn / (1 - n^2), n the component of (sin t cos p, sin t sin p, cos t) measured."""
    t, p = 0.9, 0.4
    n, dt, dp = {
        "X": (np.sin(t) * np.cos(p), np.cos(t) * np.cos(p), -np.sin(t) * np.sin(p)),
        "Y": (np.sin(t) * np.sin(p), np.cos(t) * np.sin(p), np.sin(t) * np.cos(p)),
        "Z": (np.cos(t), -np.sin(t), 0.0),
    }[basis]
    circuit = Circuit(1, [rotation("Y0", T), rotation("Z0", P)], ["t", "p"])
    found = qng.metric(circuit, [t, p], "fisher", basis=basis).dense()
    np.testing.assert_allclose(found, np.outer([dt, dp], [dt, dp]) / (1 - n**2), atol=1e-12)


def test_product_state_is_four_g():
    names = [f"t{q}" for q in range(4)]
    circuit = Circuit(4, [rotation(f"Y{q}", parameter(s)) for q, s in enumerate(names)], names)
    theta = [0.0, 0.3, 2.0, np.pi]
    np.testing.assert_allclose(qng.metric(circuit, theta, "fisher").dense(), np.eye(4), atol=1e-12)


def test_zeros_of_p_under_entanglement():
    """cos(t/2)|00> + sin(t/2)|11> has two outcomes that never occur, and two at t = 0."""
    ops = [rotation("Y0", T), Gate("cx", (0, 1)), rotation("X1", P)]
    circuit = Circuit(2, ops, ["t", "p"])
    for theta in ([0.0, 0.0], [0.8, 0.0], [0.0, 0.8]):
        g = qng.metric(circuit, theta).dense()
        np.testing.assert_allclose(
            qng.metric(circuit, theta, "fisher").dense(), 4 * g, atol=1e-12, err_msg=str(theta)
        )


@pytest.mark.parametrize(
    ("basis", "message"), [("W", "Pauli word"), ("X1", "beyond"), ("X0 Z0", "twice")]
)
def test_bases_that_cannot_be_measured(basis, message):
    with pytest.raises(InputError, match=message):
        qng.metric(Circuit(1, [rotation("X0", T)], ["t"]), [0.1], "fisher", basis=basis)


class TestRandomMeasurement:
    CIRCUIT = hardware_efficient(3, 1)
    THETA = np.random.default_rng(0).uniform(-3, 3, 12)

    def test_circuit(self):
        """RZ RY, a chain of CX, RZ RY; angles from (0, 1), as in arXiv:2311.04135."""
        measured, basis = fisher.randomised(self.CIRCUIT, "circuit", 3)
        tail = measured.ops[len(self.CIRCUIT.ops) :]
        layer = ["Z0", "Z1", "Z2", "Y0", "Y1", "Y2"]
        names = [str(op.pauli) if isinstance(op, Rotation) else (op.name, op.qubits) for op in tail]
        assert names == [*layer, ("cx", (0, 1)), ("cx", (1, 2)), *layer]
        angles = [op.angle.number for op in tail if isinstance(op, Rotation)]
        assert len(set(angles)) == 12
        assert all(0 < angle < 1 for angle in angles)
        assert (measured.parameters, basis) == (self.CIRCUIT.parameters, "Z")
        found = answer(Statevector(), fisher.random(self.CIRCUIT, self.THETA, seed=3)).dense()
        dense.close(found, dense.fisher(measured, self.THETA, "ZZZ"))

    def test_letters(self):
        words = [fisher.randomised(self.CIRCUIT, "pauli", seed)[1] for seed in range(200)]
        assert len(set(words)) == 27
        for seed in (0, 1):
            letters = "".join(factor[0] for factor in words[seed].split())
            plan = fisher.random(self.CIRCUIT, self.THETA, "pauli", seed)
            found = answer(Statevector(), plan).dense()
            dense.close(found, dense.fisher(self.CIRCUIT, self.THETA, letters))

    @pytest.mark.parametrize("kind", ["circuit", "pauli"])
    def test_is_below_four_g_and_decided_by_the_seed(self, kind):
        def found(seed):
            plan = fisher.random(self.CIRCUIT, self.THETA, kind, seed)
            return answer(Statevector(), plan).dense()

        dense.positive(4 * qng.metric(self.CIRCUIT, self.THETA).dense() - found((4, 1)), 1e-11)
        assert np.array_equal(found((4, 1)), found((4, 1)))
        assert not np.allclose(found((4, 1)), found((4, 2)))

    def test_unknown_kind(self):
        with pytest.raises(UnknownNameError, match="unknown random measurement 'haar'"):
            fisher.random(self.CIRCUIT, self.THETA, "haar")
