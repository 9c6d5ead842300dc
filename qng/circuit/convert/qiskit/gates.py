"""The gates of Qiskit's library, lowered.

With the operations in the order in which they act,

    r(t, p) = RZ(-p) RX(t) RZ(p),
    xx_plus_yy(t, b) = RZ0(b) XX(t/2) YY(t/2) RZ0(-b),
    xx_minus_yy(t, b) = RZ0(-b) XX(t/2) YY(-t/2) RZ0(b),

and the evolution under H = sum c_P P for a time t is the product of the rotations by 2 c_P t where
the words commute. All others come from the table of OpenQASM or from Qiskit's own definitions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from qiskit.circuit import library
from qiskit.synthesis import LieTrotter, MatrixExponential, SuzukiTrotter

from qng.circuit.angle import Angle
from qng.circuit.convert.lowering import Element, Turn, scaled
from qng.circuit.convert.qiskit.paulis import Term, expanded
from qng.circuit.convert.stdgates import BUILTIN, STDGATES, Lowering, fixed
from qng.circuit.pauli import Pauli, commuting


def evolution(gate: Any, time: Angle, qubits: Sequence[int]) -> list[Element] | None:
    """exp(-iHt) of a PauliEvolutionGate; None where its own definition has to be used.

    Sums of commuting words are exact, others follow the gate's product formula.

    Args:
        gate: The gate.
        time: t, which may hold parameters.
        qubits: Where it acts.
    """
    kind = type(gate.synthesis)
    if kind not in (LieTrotter, SuzukiTrotter, MatrixExponential):
        return None
    operators = gate.operator if isinstance(gate.operator, list) else [gate.operator]
    terms = [
        term
        for one in operators
        for letters, where, c in one.to_sparse_list()
        for term in expanded(letters, [qubits[k] for k in where], 2 * float(c.real))
    ]
    if commuting([p for p, _ in terms]):
        return turns(terms, time)
    if kind is MatrixExponential or gate.synthesis.atomic_evolution is not None:
        return None
    # The angles of a product formula are proportional to the time.
    unit = library.PauliEvolutionGate(gate.operator, 1.0, synthesis=gate.synthesis)
    steps = gate.synthesis.expand(unit)
    return [
        turn
        for letters, where, c in steps
        for turn in turns(expanded(letters, [qubits[k] for k in where], float(c)), time)
    ]


def turns(terms: Sequence[Term], angle: Angle) -> list[Element]:
    """exp(-i c_P phi P/2) for every term (P, c_P), as parts of one gate."""
    source = object()
    return [Turn(p, scaled(angle, c), source) for p, c in terms if c != 0.0]


def _about(*letters: str) -> Lowering:
    def lower(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
        return [Turn(Pauli.on(letters, qubits), angles[0], object())]

    return Lowering(1, len(letters), lower, scales=True)


def _r(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    return _framed(-angles[1], [(Pauli.on("X", qubits), 1.0)], angles[0], qubits)


def _xx_plus_yy(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    terms = [(Pauli.on("XX", qubits), 0.5), (Pauli.on("YY", qubits), 0.5)]
    return _framed(angles[1], terms, angles[0], qubits)


def _xx_minus_yy(angles: Sequence[Angle], qubits: Sequence[int]) -> list[Element]:
    terms = [(Pauli.on("XX", qubits), 0.5), (Pauli.on("YY", qubits), -0.5)]
    return _framed(-angles[1], terms, angles[0], qubits)


def _framed(
    frame: Angle, terms: Sequence[Term], angle: Angle, qubits: Sequence[int]
) -> list[Element]:
    """Turns between RZ(frame) and its inverse on the first qubit."""
    inner = turns(terms, angle)
    if frame.number == 0.0:
        return inner
    z = Pauli.on("Z", qubits)
    return [Turn(z, frame, object()), *inner, Turn(z, scaled(frame, -1.0), object())]


def _named() -> dict[type, Lowering]:
    classes = {
        "x": library.XGate,
        "y": library.YGate,
        "z": library.ZGate,
        "h": library.HGate,
        "s": library.SGate,
        "sdg": library.SdgGate,
        "t": library.TGate,
        "tdg": library.TdgGate,
        "sx": library.SXGate,
        "sxdg": library.SXdgGate,
        "cx": library.CXGate,
        "cy": library.CYGate,
        "cz": library.CZGate,
        "ch": library.CHGate,
        "cs": library.CSGate,
        "csdg": library.CSdgGate,
        "csx": library.CSXGate,
        "swap": library.SwapGate,
        "iswap": library.iSwapGate,
        "ccx": library.CCXGate,
        "ccz": library.CCZGate,
        "cswap": library.CSwapGate,
    }
    return {kind: fixed(name) for name, kind in classes.items()}


# By class, not by name: a user's own gate may be called "rx". Controlled gates beyond these are
# lowered as what they control.
GATES: Final[dict[type, Lowering]] = {
    **_named(),
    library.RXGate: STDGATES["rx"],
    library.RYGate: STDGATES["ry"],
    library.RZGate: STDGATES["rz"],
    library.PhaseGate: STDGATES["p"],
    library.U1Gate: STDGATES["u1"],
    library.U2Gate: STDGATES["u2"],
    library.U3Gate: STDGATES["u3"],
    library.UGate: BUILTIN["U"],
    library.GlobalPhaseGate: BUILTIN["gphase"],
    library.RGate: Lowering(2, 1, _r),
    library.RXXGate: _about("X", "X"),
    library.RYYGate: _about("Y", "Y"),
    library.RZZGate: _about("Z", "Z"),
    library.RZXGate: _about("Z", "X"),
    library.XXPlusYYGate: Lowering(2, 2, _xx_plus_yy),
    library.XXMinusYYGate: Lowering(2, 2, _xx_minus_yy),
}
