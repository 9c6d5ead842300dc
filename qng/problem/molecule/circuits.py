"""The circuit of a molecule: an ansatz on modes or on qubits, behind the reference determinant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from qng.arrays import Array
from qng.circuit.angle import Angle, parameter
from qng.circuit.ansatz import hardware_efficient
from qng.circuit.circuit import Circuit, Op
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import Pauli, bits
from qng.errors import InputError
from qng.problem.molecule.amplitudes import STARTS, Amplitudes, NoGapError
from qng.problem.molecule.encoding import Encoding
from qng.problem.molecule.excitations import Ansatz, Linear, WordTurn, k_upccgsd, uccsd
from qng.problem.molecule.fermions import Modes
from qng.problem.molecule.hartree_fock import NotConvergedError
from qng.problem.molecule.integrals import Integrals
from qng.problem.molecule.jastrow import lucj
from qng.problem.molecule.options import Options

_SPREAD: Final = 0.1

# How far from zero those start that have no amplitudes, and Hartree-Fock as a saddle. Turns of LUCJ
# cancel there, and its energy falls in third order only: runs from nearby end there, too.
_SADDLES: Final = {"k-upccgsd": 0.05, "lucj": 1.0}

# Rotations among which an equal word is looked for.
_FAR: Final = 64

# Factors below this are rounding.
_NOTHING: Final = 1e-12


def on_modes(
    options: Options, integrals: Integrals, modes: Modes, kept: Sequence[int]
) -> Ansatz | None:
    """An ansatz as rotations on modes.

    Args:
        options: What is wanted.
        integrals: Of the active space.
        modes: Of its orbitals.
        kept: Symmetries of the Hamiltonian, masks of modes.

    Returns:
        None of circuits that know nothing of modes.

    Raises:
        InputError: Amplitudes that there are not.
        NotConvergedError: Coupled cluster does not converge.
    """
    if not options.is_fermionic:
        return None
    electrons = integrals.electrons
    amplitudes = _amplitudes(options, integrals)
    if options.ansatz == "uccsd":
        made = uccsd(modes, electrons, kept, amplitudes)
    elif options.ansatz == "lucj":
        made = lucj(modes, electrons, amplitudes, options.depth)
    else:
        made = k_upccgsd(modes, electrons, amplitudes, options.depth)
    if not made.parameters:
        up, down = electrons
        raise InputError(
            f"{options.ansatz} has no excitation that symmetry allows: {up} + {down} electrons in "
            f"{modes.orbitals} orbital(s); give a larger basis or active space, or another ansatz"
        )
    if amplitudes is not None:
        return replace(made, begins=amplitudes.name, energy=amplitudes.energy)
    spread = _SADDLES.get(str(options.ansatz))
    if spread is not None and options.start is None:
        start = np.random.default_rng(0).uniform(-spread, spread, len(made.parameters))
        return replace(made, start=start, begins="numbers that are drawn")
    return made


def _amplitudes(options: Options, integrals: Integrals) -> Amplitudes | None:
    """The first of those that may be the start; None for the reference determinant."""
    up, down = integrals.electrons
    names = options.amplitudes(integrals.spin)
    # Nothing is excited into orbitals that are not there.
    if integrals.spin == 0 and (down == 0 or up == integrals.orbitals):
        return None
    for name in names:
        make = STARTS[name]
        try:
            return None if make is None else make(integrals)
        except (NotConvergedError, NoGapError):
            if name == names[-1]:
                raise
    return None


def on_qubits(
    options: Options, made: Ansatz | None, encoding: Encoding, occupied: int
) -> tuple[Circuit, Array | Any]:
    """(circuit, start).

    Args:
        options: What is wanted.
        made: On modes, where it is.
        encoding: From these to qubits.
        occupied: Mask of the modes of the reference determinant.

    Raises:
        InputError: Another number of qubits than the circuit has.
    """
    ansatz, start = options.ansatz, options.start
    if isinstance(ansatz, Circuit):
        return ansatz, start
    n = encoding.n_qubits
    ops: list[Op] = [Gate("x", (q,)) for q in bits(encoding.bits(occupied))]
    if made is not None:
        circuit = Circuit(n, (*ops, *_rotations(made, encoding)), made.parameters)
        return circuit, made.start if start is None or isinstance(start, str) else start
    if ansatz == "h2":
        if n != 4:
            raise InputError(f"the ansatz 'h2' acts on 4 qubits, this molecule has {n}")
        circuit = _h2(ops)
    else:
        layered = hardware_efficient(n, options.depth, ("ry", "rz"), "cz")
        circuit = Circuit(n, (*ops, *layered.ops), layered.parameters)
    if start is None:
        start = np.random.default_rng(0).uniform(-_SPREAD, _SPREAD, circuit.n_parameters)
    return circuit, start


def _rotations(made: Ansatz, encoding: Encoding) -> list[Rotation]:
    """Rotations on qubits; those about one word with only words between that commute are one."""
    found: list[WordTurn] = []
    for turn in made.rotations:
        image = encoding.word(turn.word)
        assert image is not None  # symmetries of all rotations were left out, and no others
        sign, word = image
        if word.support:
            _join(found, WordTurn(word, {name: sign * c for name, c in turn.angle.items()}))
    return [Rotation(word, _angle(angle)) for word, angle in found if angle]


def _join(found: list[WordTurn], turn: WordTurn) -> None:
    """Add a rotation, to an equal word before it where it can move there."""
    for k in range(len(found) - 1, max(len(found) - _FAR, 0) - 1, -1):
        word, angle = found[k]
        if word == turn.word:
            names = dict.fromkeys([*angle, *turn.angle])
            total = {name: angle.get(name, 0.0) + turn.angle.get(name, 0.0) for name in names}
            found[k] = WordTurn(word, {name: c for name, c in total.items() if abs(c) > _NOTHING})
            return
        if not word.commutes(turn.word):
            break
    found.append(turn)


def _angle(factors: Linear) -> Angle:
    """sum_k c_k t_k."""
    first, *others = (
        parameter(name) if c == 1.0 else c * parameter(name) for name, c in factors.items()
    )
    return sum(others, first)


def _h2(occupied: list[Op]) -> Circuit:
    ops = list(occupied)
    for q in range(4):
        z, y = Pauli(0, 1 << q), Pauli(1 << q, 1 << q)
        ops += [Rotation(p, parameter(f"t{3 * q + k}")) for k, p in enumerate((z, y, z))]
    ops += [Gate("cx", pair) for pair in ((2, 3), (2, 0), (3, 1))]
    return Circuit(4, ops, [f"t{k}" for k in range(12)])
