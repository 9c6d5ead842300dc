"""Energies as functions of one parameter: their frequencies.

A parameter theta_i that turns rotations r by c_r theta_i gives a trigonometric polynomial in
x = c theta_i, with c the largest number of which all c_r are multiples; its degree is
N = sum |c_r| / c.

Source: Wierichs, Izaac, Wang, Lin, arXiv:2107.12390.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from qng.circuit.circuit import Circuit
from qng.errors import InputError

# Frequencies of one parameter beyond which following them is no method.
_MOST_FREQUENCIES: Final = 128


@dataclass(frozen=True)
class Wave:
    """How energies run along one parameter.

    Args:
        size: W, the size of a typical frequency; 0 where the parameter moves nothing.
        rule: (c, N); None where the frequencies are not equidistant or too many.
    """

    size: float
    rule: tuple[float, int] | None


def waves(circuits: Sequence[Circuit]) -> list[Wave | None]:
    """The wave of every parameter; None where an angle is not affine in it.

    Args:
        circuits: With the same parameters; N and W are the largest of theirs.
    """
    if not circuits:
        return []
    bent = {
        name
        for circuit in circuits
        for rotation in circuit.rotations
        if rotation.angle.affine() is None
        for name in rotation.angle.parameters()
    }
    found = [_coefficients(circuit, skipped=True) for circuit in circuits]
    return [
        None if name in bent else _wave(name, [each[name] for each in found]) for name in found[0]
    ]


def _wave(name: str, by_circuit: Sequence[list[float]]) -> Wave:
    size = max(math.hypot(*found) for found in by_circuit)
    try:
        return Wave(size, _frequency(name, by_circuit))
    except InputError:
        return Wave(size, None)


def frequencies(circuits: Sequence[Circuit]) -> list[tuple[float, int]]:
    """(c, N) of every parameter; N = 0 where it moves nothing.

    Args:
        circuits: With the same parameters; N is the largest of theirs.

    Raises:
        InputError: An angle that is not affine, or coefficients without a common measure.
    """
    found = [_coefficients(circuit) for circuit in circuits]
    return [_frequency(name, [each[name] for each in found]) for name in found[0]]


def _coefficients(circuit: Circuit, skipped: bool = False) -> dict[str, list[float]]:
    """By parameter the absolute coefficients with which it enters rotations.

    Args:
        circuit: The circuit.
        skipped: Angles that are not affine are left out, not refused.

    Raises:
        InputError: An angle that is not affine, unless these are left out.
    """
    coefficients: dict[str, list[float]] = {name: [] for name in circuit.parameters}
    for rotation in circuit.rotations:
        form = rotation.angle.affine()
        if form is None and skipped:
            continue
        if form is None:
            names = ", ".join(rotation.angle.parameters())
            raise InputError(
                f"Rotosolve needs angles that are affine in the parameters, and {names} turn(s) a "
                f"rotation by {rotation.angle}: choose another method"
            )
        for name, coefficient in form[0].items():
            if coefficient:
                coefficients[name].append(abs(coefficient))
    return coefficients


def _frequency(name: str, by_circuit: Sequence[list[float]]) -> tuple[float, int]:
    coefficients = [c for found in by_circuit for c in found]
    if not coefficients:
        return 1.0, 0
    least = min(coefficients)
    ratios = [Fraction(c / least).limit_denominator(_MOST_FREQUENCIES) for c in coefficients]
    unit = least / math.lcm(*(ratio.denominator for ratio in ratios))
    degree = max(sum(round(c / unit) for c in found) for found in by_circuit)
    off = max(abs(c - round(c / unit) * unit) / c for c in coefficients)
    if off > 1e-9 or degree > _MOST_FREQUENCIES:
        shown = ", ".join(f"{c:g}" for c in sorted(set(coefficients)))
        raise InputError(
            f"Rotosolve needs at most {_MOST_FREQUENCIES} equidistant frequencies a parameter; "
            f"{name} enters its rotations by {shown}: choose another method"
        )
    return unit, degree
