"""Random circuits, points and observables for property tests (hypothesis)."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from qng.arrays import Array
from qng.circuit.angle import Angle, apply, parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import NAMED, Gate, Rotation, unitary
from qng.circuit.pauli import Pauli, PauliSum
from qng.testing.subject import free as free

# Multiples of 1/1000: no two nearly equal numbers, whose differences are rounding.
radians = st.integers(-3000, 3000).map(lambda k: k / 1000)
scales = st.sampled_from([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 0.3])

CLIFFORD = ("x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "iswap")
OTHERS = ("t", "tdg", "ch", "cs", "csdg", "csx", "ccx", "ccz", "cswap")


def names(count: int) -> tuple[str, ...]:
    """Parameter names whose order is neither alphabetical nor that of first use."""
    return tuple("bacd"[k] if k < 4 else f"e{k}" for k in range(count))


NONLINEAR = (
    lambda a, b: apply("sin", a) * b,
    lambda a, b: apply("cos", a + b),
    lambda a, b: a * b / 2,
    lambda a, b: a**2 / 3 - b,
    lambda a, b: a / (2 + apply("cos", b)),
    lambda a, b: 1 / (2 + apply("sin", a)),
    lambda a, b: 2 ** apply("sin", a),
    lambda a, b: (1.5 + apply("cos", a)) ** apply("sin", b),
    lambda a, b: apply("arctan", a - b),
    lambda a, b: apply("arcsin", apply("sin", a) / 2),
    lambda a, b: apply("arccos", apply("cos", a) / 2),
    lambda a, b: apply("exp", apply("sin", a)),
    lambda a, b: apply("log", 2 + apply("sin", a)),
    lambda a, b: apply("sqrt", 1 + a**2),
    lambda a, b: apply("tan", apply("sin", a) / 2),
)


@st.composite
def angles(draw: st.DrawFn, parameters: tuple[str, ...], affine: bool = False) -> Angle:
    """Bare, scaled and offset, sums of two, or a bounded non-linear function of two."""
    a, b = (parameter(draw(st.sampled_from(parameters))) for _ in range(2))
    kind = draw(st.integers(0, 3 if affine else 5))
    if kind == 0:
        return a
    if kind == 1:
        return draw(scales) * a + draw(radians)
    if kind == 2:
        return draw(radians) - a / 2
    if kind == 3:
        return draw(scales) * a - draw(scales) * b
    nonlinear: Angle = draw(st.sampled_from(NONLINEAR))(a, b)
    return nonlinear


@st.composite
def words(draw: st.DrawFn, n: int, max_weight: int | None = None) -> Pauli:
    """Words other than the identity."""
    count = draw(st.integers(1, min(n, max_weight or n)))
    qubits = draw(st.permutations(range(n)))[:count]
    return Pauli.parse(" ".join(f"{draw(st.sampled_from('XYZ'))}{q}" for q in qubits))


@st.composite
def gates(draw: st.DrawFn, n: int, known: tuple[str, ...] = CLIFFORD + OTHERS) -> Gate:
    """Fixed gates by name."""
    name = draw(st.sampled_from([g for g in known if NAMED[g].shape[0] <= 2**n]))
    size = NAMED[name].shape[0].bit_length() - 1
    return Gate(name, tuple(draw(st.permutations(range(n)))[:size]))


@st.composite
def unitaries(draw: st.DrawFn, n: int) -> Gate:
    """A gate given by its matrix, on up to three qubits."""
    size = draw(st.integers(1, min(n, 3)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    normal = rng.normal(size=(2, 2**size, 2**size))
    matrix, _ = np.linalg.qr(normal[0] + 1j * normal[1])
    return unitary(matrix, tuple(draw(st.permutations(range(n)))[:size]))


@st.composite
def fixed_rotations(draw: st.DrawFn, n: int) -> Rotation:
    """Rotations by numbers, multiples of a right angle among them."""
    angle = draw(st.one_of(st.integers(-4, 4).map(lambda k: k * np.pi / 2), radians))
    return Rotation(draw(words(n)), Angle("number", (float(angle),)))


@st.composite
def controlled_rotations(draw: st.DrawFn, n: int, angle: Angle) -> list[Rotation]:
    """C-R_P(t) in circuit order: R_P(t/2), R_ZP(-t/2), two rotations of one gate."""
    control, target = draw(st.permutations(range(n)))[:2]
    letter = draw(st.sampled_from("XYZ"))
    return [
        Rotation(Pauli.parse(f"{letter}{target}"), angle / 2),
        Rotation(Pauli.parse(f"Z{control} {letter}{target}"), -angle / 2, same_gate=True),
    ]


@st.composite
def circuits(
    draw: st.DrawFn,
    max_qubits: int = 4,
    max_ops: int = 10,
    max_parameters: int = 4,
    min_qubits: int = 1,
    affine: bool = False,
    clifford: bool = False,
) -> Circuit:
    """Rotations about words of any weight, fixed gates and rotations in between.

    Args:
        draw: Of hypothesis.
        max_qubits: n at most.
        max_ops: Operations at most, where a controlled rotation counts as one; at least half.
        max_parameters: P at most; parameters may be shared, or not occur.
        min_qubits: n at least.
        affine: Whether angles are affine in the parameters.
        clifford: Whether the gates in between are Clifford.
    """
    n = draw(st.integers(min_qubits, max_qubits))
    parameters = names(draw(st.integers(1, max_parameters)))
    ops: list[Rotation | Gate] = []
    for _ in range(draw(st.integers((max_ops + 1) // 2, max_ops))):
        kind = draw(st.integers(0, 9))
        if kind <= 4:
            ops.append(Rotation(draw(words(n)), draw(angles(parameters, affine))))
        elif kind == 5 and n > 1:
            ops.extend(draw(controlled_rotations(n, draw(angles(parameters, affine)))))
        elif kind == 6 and not clifford:
            ops.append(draw(st.one_of(unitaries(n), fixed_rotations(n))))
        else:
            ops.append(draw(gates(n, CLIFFORD) if clifford else gates(n)))
    return Circuit(n, ops, parameters)


@st.composite
def points(draw: st.DrawFn, circuit: Circuit) -> np.ndarray:
    """theta of shape (P,)."""
    size = circuit.n_parameters
    return np.array(draw(st.lists(radians, min_size=size, max_size=size)))


@st.composite
def observables(draw: st.DrawFn, n: int) -> PauliSum:
    """Hermitian sums of up to four words, the constant among them."""
    terms = draw(st.lists(st.tuples(words(n), scales), min_size=1, max_size=3))
    return PauliSum([*terms, (Pauli(0, 0), draw(scales))])


@st.composite
def cases(draw: st.DrawFn, /, **options: Any) -> tuple[Circuit, Array]:
    """(circuit, theta)."""
    circuit = draw(circuits(**options))
    return circuit, draw(points(circuit))


@st.composite
def problems(draw: st.DrawFn, /, **options: Any) -> tuple[Circuit, Array, PauliSum]:
    """(circuit, theta, observable)."""
    circuit, theta = draw(cases(**options))
    return circuit, theta, draw(observables(circuit.n_qubits))
