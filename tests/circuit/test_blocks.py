"""Blocks: exact inside, nothing lost against the wire rule, and the structures known by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.angle import Angle, as_angle, parameter
from qng.circuit.blocks import RULES
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli
from qng.errors import UnknownNameError
from qng.geometry import Blocks
from qng.testing.strategies import cases, circuits, fixed_rotations, free, gates, points, words
from tests import dense

T = parameter("t")


def written(*ops: str) -> Circuit:
    """A circuit from text: "Y0 Y1" is a rotation with its own parameter, "cx 0 1" a gate.

    A number behind a word, "Z0 =1", is a fixed rotation by so many quarter turns.
    """
    built: list[Rotation | Gate] = []
    names: list[str] = []
    for text in ops:
        word, _, quarters = text.partition(" =")
        if text[0].islower():
            name, *qubits = text.split()
            built.append(Gate(name, tuple(map(int, qubits))))
        elif quarters:
            angle = Angle("number", (float(quarters) * np.pi / 2,))
            built.append(Rotation(Pauli.parse(word), angle))
        else:
            names.append(f"p{len(names)}")
            built.append(Rotation(Pauli.parse(word), parameter(names[-1])))
    n = max(op.support for op in built).bit_length()
    return Circuit(n, built, names)


def sets(circuit: Circuit, rule: str = "commuting") -> tuple[tuple[int, ...], ...]:
    return tuple(block.rotations for block in circuit.blocks(rule))


def measured(circuit: Circuit, rule: str) -> int:
    return sum(len(block) ** 2 for block in sets(circuit, rule))


def inside(index: tuple[tuple[int, ...], ...], size: int) -> np.ndarray:
    mask = np.zeros((size, size), dtype=bool)
    for block in index:
        mask[np.ix_(block, block)] = True
    return mask


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=120)
@given(cases(max_ops=14, min_qubits=2))
def test_blocks_are_exact_inside_and_zero_outside(rule, case):
    circuit, theta = case
    check_exact_inside(free(circuit), circuit.angles(theta), rule)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    "ops",
    [
        ["Y1", "X0", "h 0", "Y1", "Y0"],
        ["X0", "h 0", "X1", "cx 0 1", "Y2"],
        ["Y0", "Y1", "X0", "t 0", "Z1 Z2", "cx 0 1", "Y3"],
        ["h 0", "Z0 Z1", "t 0", "ccx 0 1 2", "X3", "Z3 X2"],
    ],
    ids=" ".join,
)
def test_gates_behind_a_rotation_stay_out_of_the_prefix(rule, ops):
    """A later member of the block does not draw them in."""
    circuit = written(*ops)
    check_exact_inside(circuit, np.linspace(0.4, 1.6, circuit.n_rotations), rule)


def check_exact_inside(circuit: Circuit, phi: np.ndarray, rule: str) -> None:
    size = circuit.n_rotations
    index = sets(circuit, rule)
    assert sorted(r for block in index for r in block) == list(range(size))
    g = dense.metric(circuit, phi)
    found = qng.metric(circuit, phi, "blocks", rule=rule)
    assert found.blocks == index
    dense.close(found.dense(), np.where(inside(index, size), g, 0.0))
    dense.positive(found.dense())
    exact = qng.metric(circuit, phi).dense()
    dense.close(found.dense(), np.where(inside(index, size), exact, 0.0), 1e-12, 1.0)


@settings(max_examples=100)
@given(circuits(max_ops=20, min_qubits=2))
def test_never_less_than_the_wire_rule(circuit):
    assert measured(circuit, "commuting") >= measured(circuit, "wires")


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=60)
@given(cases(max_ops=12))
def test_shared_parameters(rule, case):
    """g_theta = A^T g_phi A with the blocks of g_phi, whatever kind of metric holds it."""
    circuit, theta = case
    a = circuit.jacobian(theta)
    exact = qng.metric(free(circuit), circuit.angles(theta)).dense()
    mask = inside(sets(circuit, rule), circuit.n_rotations)
    found = qng.metric(circuit, theta, "blocks", rule=rule)
    dense.close(found.dense(), a.T @ np.where(mask, exact, 0.0) @ a, 1e-12, 1.0)
    dense.positive(found.dense(), 1e-11)
    outside = ~inside(found.blocks, circuit.n_parameters)
    assert not found.dense()[outside].any()
    shared = len({k for block in found.blocks for k in block}) < sum(map(len, found.blocks))
    assert isinstance(found, Blocks) != shared


@settings(max_examples=150)
@given(st.data())
def test_words_are_walked_back_with_their_signs(data):
    """<K> in the prefix state is <P> in front of its rotation, through any gates that allow it."""
    n = data.draw(st.integers(1, 4))
    kinds = st.one_of(
        gates(n), fixed_rotations(n), words(n).map(lambda w: Rotation(w, parameter("t")))
    )
    circuit = Circuit(n, data.draw(st.lists(kinds, min_size=1, max_size=14)), ["t"])
    theta = data.draw(points(circuit))
    for block in circuit.blocks():
        before = Circuit(n, [circuit.ops[k] for k in block.prefix], ["t"])
        chi = dense.state(before, theta)
        for k, r in enumerate(block.rotations):
            walked = dense.word(str(block.words[k]), n) * block.signs[k]
            psi = dense.state(circuit.prefix(circuit.positions[r]), theta)
            plain = dense.word(str(circuit.rotations[r].pauli), n)
            expected = np.vdot(psi, plain @ psi)
            np.testing.assert_allclose(np.vdot(chi, walked @ chi), expected, atol=1e-12)
        for p in block.words:
            assert all(p.commutes(q) for q in block.words)


DEMO = ["Z0", "Z1", "cx 0 1", "cx 1 2", "Y1", "X2", "cx 0 1", "cx 1 2"]
CHAIN = [*(f"Z{q} Z{(q + 1) % 4}" for q in range(4)), *(f"X{q}" for q in range(4))]


@pytest.mark.parametrize(
    ("ops", "commuting", "wires"),
    [
        (DEMO, [(0, 1), (2, 3)], [(0, 1), (2, 3)]),
        (CHAIN, [(0, 1, 2, 3), (4, 5, 6, 7)], [(0,), (1,), (2,), (3,), (4, 5, 6, 7)]),
        (["X0", "X0"], [(0, 1)], [(0,), (1,)]),
        (["Z0", "X0"], [(0,), (1,)], [(0,), (1,)]),
        (["X0", "X1", "cz 0 1", "Y0", "Y1"], [(0, 1), (2, 3)], [(0, 1), (2, 3)]),
        (["Z0", "h 0", "X0"], [(0, 1)], [(0,), (1,)]),
        (["Z0", "t 0", "Z0"], [(0, 1)], [(0,), (1,)]),
        (["X0", "t 0", "X0"], [(0,), (1,)], [(0,), (1,)]),
        (["X0", "ccx 0 1 2", "X2"], [(0, 1)], [(0,), (1,)]),
        (["Z0", "X0 =1", "Y0"], [(0, 1)], [(0,), (1,)]),
        (["Z0", "X0 =0.5", "Y0"], [(0,), (1,)], [(0,), (1,)]),
        (["X0 X1", "X1", "Y0", "X2"], [(0,), (1, 2, 3)], [(0,), (1, 2, 3)]),
        (["X0", "t 1", "X1", "cx 0 1", "X1"], [(0, 1, 2)], [(0, 1), (2,)]),
    ],
)
def test_structures(ops, commuting, wires):
    """Among them one where joining the latest block loses entries, and the wire rule is taken."""
    circuit = written(*ops)
    assert list(sets(circuit)) == commuting
    assert list(sets(circuit, "wires")) == wires


def test_a_rotation_joins_the_latest_block_that_it_fits():
    circuit = written("Z0", "X0", "Z1")
    assert sets(circuit) == ((0,), (1, 2))


@pytest.mark.parametrize(
    ("between", "word", "expected"),
    [
        ("h 0", "X0", "+Z0"),
        ("h 0", "Y0", "-Y0"),
        ("s 0", "X0", "-Y0"),
        ("s 0", "Y0", "+X0"),
        ("sdg 0", "X0", "+Y0"),
        ("x 0", "Z0", "-Z0"),
        ("cx 0 1", "X0", "+X0 X1"),
        ("cx 0 1", "Y0 Y1", "-X0 Z1"),
        ("cz 0 1", "X0 X1", "+Y0 Y1"),
        ("swap 0 1", "Y0", "+Y1"),
        ("Z0 =1", "X0", "-Y0"),
        ("Z0 =-1", "X0", "+Y0"),
        ("Z0 =2", "X0", "-X0"),
        ("Z0 =4", "X0", "+X0"),
        ("Z0 Z1 =1", "X0", "-Y0 Z1"),
        ("Z0 Z1 =3", "X0", "+Y0 Z1"),
    ],
)
def test_signs_of_single_gates(between, word, expected):
    """U^dagger P U; the opening rotation covers both qubits, so that the gate lies behind it."""
    opening = expected[1:]
    circuit = written(opening, between, word)
    (block,) = circuit.blocks()
    assert block.prefix == ()
    assert block.words[1] == Pauli.parse(expected[1:])
    assert block.signs == (1, int(f"{expected[0]}1"))


def test_rotations_of_one_gate_stay_together():
    """The wire rule is about gates; the second half of a controlled rotation is no new layer."""
    t = parameter("t")
    halves = [Rotation(Pauli.parse("X1"), t / 2), Rotation(Pauli.parse("Z0 X1"), -t / 2, True)]
    circuit = Circuit(2, [*halves, *halves], ["t"])
    assert sets(circuit, "wires") == ((0, 1), (2, 3))
    control = Circuit(2, [Rotation(Pauli.parse("X0"), t), *halves], ["t"])
    assert sets(control, "wires") == ((0,), (1, 2))
    apart = Circuit(2, [Rotation(op.pauli, op.angle) for op in circuit.ops], ["t"])
    assert sets(apart, "wires") == ((0,), (1,), (2,), (3,))
    assert sets(circuit) == sets(apart) == ((0, 1, 2, 3),)


@pytest.mark.parametrize(
    "ops",
    [
        [("Z0", T, False), ("Y0", T, True)],
        [("Y0", T, False), ("Z1", 0.3, False), ("Z0 Z1", T, True)],
        [("Y0", T, False), ("Z0", 0.3, True), ("Y0", T, True)],
        [("Y0", T, False), ("h 0", None, False), ("Y0", T, True)],
    ],
    ids=["non-commuting", "behind a fixed half", "around a fixed half", "around a gate"],
)
def test_one_gate_is_no_excuse_to_be_wrong(ops):
    """Rotations said to be of one gate, which nevertheless do not commute."""
    built = [
        Gate("h", (0,)) if angle is None else Rotation(Pauli.parse(word), as_angle(angle), same)
        for word, angle, same in ops
    ]
    circuit = Circuit(2, [Gate("sx", (0,)), Gate("t", (0,)), Gate("h", (0,)), *built], ["t"])
    check_exact_inside(free(circuit), np.array([0.7, 0.4]), "wires")


def test_no_rotations():
    assert Circuit(2, [Gate("h", (0,))]).blocks() == ()


def test_unknown_rule():
    with pytest.raises(UnknownNameError, match="did you mean commuting"):
        written("X0").blocks("commutting")
