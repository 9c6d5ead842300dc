"""Circuits as they are drawn, with letters and as SVG."""

import math
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given

import qng
from qng.circuit.angle import as_angle, parameter
from qng.circuit.ansatz import hardware_efficient, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import NAMED, Gate, Rotation, unitary
from qng.circuit.pauli import Pauli
from qng.errors import InputError, QngError
from qng.report.notebook.layout import angle_in_words, columns, placed
from qng.testing.strategies import circuits


def test_a_drawing_with_letters():
    circuit = Circuit(
        3,
        [
            Gate("h", (0,)),
            Gate("ccx", (0, 2, 1)),
            Rotation(Pauli.parse("X0 Z2"), 2 * parameter("t")),
            Gate("swap", (0, 1)),
            Gate("csdg", (2, 0)),
            Rotation(Pauli.parse("Z1"), as_angle(math.pi / 2)),
        ],
        ["t"],
    )
    assert repr(circuit.draw()).splitlines() == [
        "q0 ─H──●────X────×──S†───────────",
        "       │    │    │  │",
        "q1 ────⊕────┼────×──┼───RZ(π/2)──",
        "       │    │       │",
        "q2 ────●──Z(2t)─────●────────────",
    ]


@given(circuits(max_qubits=4))
def test_columns_hold_every_operation_once_in_an_order_that_means_the_same(circuit):
    found = placed(circuit.ops, circuit.n_qubits)
    assert sum(map(len, found)) == len(circuit.ops)
    # On no wire do two operations of a column stand, their lines included.
    for column in found:
        spans = [range(p.marks[0].qubit, p.marks[-1].qubit + 1) for p in column]
        wires = [q for span in spans for q in span]
        assert len(wires) == len(set(wires))
        for p in column:
            assert list(p.marks) == sorted(p.marks, key=lambda mark: mark.qubit)
    # On every wire the order is that of the circuit.
    for q in range(circuit.n_qubits):
        drawn = [p for column in found for p in column if q in {m.qubit for m in p.marks}]
        own = [op for op in circuit.ops if q in op.qubits]
        assert len(drawn) == len(own)
        assert [p.free for p in drawn] == [
            isinstance(op, Rotation) and not op.is_fixed for op in own
        ]
    drawing = circuit.draw(1000)
    ElementTree.fromstring(drawing.svg)
    lines = str(drawing).splitlines()
    assert all(len(line) <= 130 for line in lines)


def test_every_gate_can_be_drawn():
    ops = [Gate(name, tuple(range(len(m).bit_length() - 1))) for name, m in NAMED.items()]
    ops += [unitary(np.eye(8), (2, 0, 1)), unitary(np.diag([1, 1j]), (2,))]
    circuit = Circuit(3, ops)
    tree = ElementTree.fromstring(circuit.draw().svg)
    titles = [title.text for title in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(ops)
    assert {"cx on 0, 1", "unitary on 2, 0, 1"} <= set(titles)


def test_long_and_wide_circuits_are_folded_and_cut():
    long = hardware_efficient(4, 40)
    assert len(str(long.draw(10**6)).split("\n\n")) > 5
    assert str(long.draw(30)).endswith(f"... {len(long.ops) - 30} more operations")
    assert f"{len(long.ops) - 30} more operations" in long.draw(30).svg
    with pytest.raises(InputError, match="most must be a whole number"):
        long.draw(0)
    wide = real_amplitudes(60, 1)
    assert "too many qubits to be drawn here" in wide._repr_html_()
    assert len(str(wide.draw()).splitlines()) > 100
    assert str(Circuit(2).draw()) == "q0 ─\n\nq1 ─"
    ElementTree.fromstring(Circuit(1).draw().svg)


def test_a_drawing_is_saved(tmp_path):
    path = tmp_path / "circuit.svg"
    qng.load("h2").circuit.draw().save(path)
    assert ElementTree.parse(path).getroot().tag.endswith("svg")
    with pytest.raises(QngError, match="cannot be saved"):
        qng.load("h2").circuit.draw().save(tmp_path)


@pytest.mark.parametrize(
    ("angle", "words"),
    [
        (parameter("t") * 0.5, "t·0.5"),
        (-parameter("t"), "-t"),
        (parameter("a") * parameter("b"), "a·b"),
        (as_angle(-math.pi / 3), "-π/3"),
        (as_angle(0.0), "0"),
        (parameter("weights[1,2]"), "weights[1,2]"),
        (parameter("a_long_name_of_one"), "a_long_name…"),
        (-0.5 * parameter("w[0]"), "-0.5·w[0]"),
        (parameter("x") + math.pi / 2, "x+π/2"),
        (parameter("t2.0x"), "t2.0x"),
    ],
)
def test_angles_in_few_letters(angle, words):
    assert angle_in_words(angle) == words


def test_columns_of_nothing():
    assert columns(Circuit(2), 10) == []
