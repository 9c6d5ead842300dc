r"""Berry curvature on a lattice of states, and the Chern number of a closed surface.

The flux through a plaquette is the phase of the product of overlaps around it,

    f = arg(<0|1><1|2><2|3><3|0>),    corners 0, 1, 2, 3 in the order (+a, +b, -a, -b),

which no phase of the states changes. It is F_ab da db for F = dA with A = Im <psi|d psi>, this
package's F_ab = 2 Im <d_a psi|d_b psi>; the common A = i <psi|d psi> has the opposite sign. On a
closed surface the sum of all fluxes is 2 pi times a whole number, the Chern number C. Fukui,
Hatsugai and Suzuki have the sign used here.

Several bands together are rows of orthonormal states, and overlaps are determinants.

Reference: Fukui, Hatsugai, Suzuki, J. Phys. Soc. Jpn. 74, 1674 (2005), arXiv:cond-mat/0503172.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Amplitudes, Array
from qng.errors import InputError
from qng.geometry.rays import states_of

# Overlaps of neighbours below this say that the lattice does not follow the states.
_FAR: Final = 0.5

# A flux beyond this may be another one plus or minus 2 pi on a finer lattice.
_LARGE: Final = np.pi / 2

_SAME: Final = 1e-8
"""By 1 - |<psi|phi>|^2 two states are the same."""


@dataclass(frozen=True, eq=False)
class Fluxes:
    """The curvature of a surface of states, plaquette by plaquette.

    Args:
        flux: Through every plaquette, shape (A, B), radians, each in (-pi, pi].
        overlap: The least |<psi|psi'>| of neighbours.
        closed: Whether the surface is closed: opposite edges have the same states, or an edge is
            one state.
        coarse: Chern number of every second state, NaN where there are not enough of them.
    """

    flux: Array
    overlap: float
    closed: bool
    coarse: float

    @property
    def total(self) -> float:
        """The sum of all fluxes, radians."""
        return float(self.flux.sum())

    @property
    def chern(self) -> int:
        """The Chern number, total / (2 pi).

        Raises:
            InputError: The surface is not closed, or the lattice is too coarse to tell.
        """
        if not self.closed:
            raise InputError(
                f"the surface is not closed, so there is no Chern number: the flux through it is "
                f"{self.total:.6g}, or {self.total / (2 * np.pi):.6g} times 2 pi; choose ranges "
                "over which both parameters come back to the same state, or shrink to one"
            )
        if not self.is_sure:
            raise InputError(
                f"the lattice of {self.flux.shape[0]} x {self.flux.shape[1]} is too coarse for a "
                f"Chern number: {self._why()}; take more points"
            )
        return round(self.total / (2 * np.pi))

    @property
    def is_sure(self) -> bool:
        """Whether the lattice is fine enough for the sum of its fluxes to be trusted."""
        return not self._why()

    def _why(self) -> str:
        if self.overlap < _FAR:
            return f"neighbours overlap by {self.overlap:.2g} only, or two levels meet there"
        largest = float(np.abs(self.flux).max(initial=0.0))
        if largest > _LARGE:
            return f"a plaquette has a flux of {largest:.2g}"
        if np.isfinite(self.coarse) and round(self.coarse) != round(self.total / (2 * np.pi)):
            return f"every second point alone gives {round(self.coarse)}"
        return ""


def fluxes(states: ArrayLike) -> Fluxes:
    """The fluxes of a lattice of states.

    Args:
        states: Shape (A + 1, B + 1, N), both ends of both ranges included; norms and phases do not
            matter. Or (A + 1, B + 1, k, N): k states each, which are one space.

    Raises:
        InputError: Another shape, a state of norm 0, or dependent states of a space.

    Example:
        >>> u, v = np.meshgrid(np.linspace(0, np.pi, 13), np.linspace(0, 2 * np.pi, 13))
        >>> up = np.stack([np.cos(u.T / 2), np.exp(1j * v.T) * np.sin(u.T / 2)], axis=-1)
        >>> fluxes(up).chern
        1
    """
    frames = _frames(states)
    a_links, b_links = _overlaps(frames[:-1], frames[1:]), _overlaps(frames[:, :-1], frames[:, 1:])
    flux = _around(a_links, b_links)
    least = min(float(np.abs(a_links).min()), float(np.abs(b_links).min()))
    coarse = np.nan
    if flux.shape[0] % 2 == flux.shape[1] % 2 == 0 and min(flux.shape) >= 4:
        every = frames[::2, ::2]
        second = _around(_overlaps(every[:-1], every[1:]), _overlaps(every[:, :-1], every[:, 1:]))
        coarse = float(second.sum() / (2 * np.pi))
    return Fluxes(flux, least, _closed(frames), coarse)


def loop_phase(states: ArrayLike) -> float:
    """The phase of a closed loop of states, the integral of A = Im <psi|d psi> around it.

    arg(<0|1><1|2> ... <K-1|0>), which no phase of the states changes. The usual Berry phase,
    i times the integral of <psi|d psi>, is minus this one.

    Args:
        states: Shape (K, N), in the order of the loop, the first one not repeated; or (K, k, N) for
            spaces of k states.

    Returns:
        Radians, in (-pi, pi].

    Raises:
        InputError: No states, or neighbours that are orthogonal.

    Example:
        >>> angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        >>> ring = np.stack([np.ones(12), np.exp(1j * angles)], axis=1)
        >>> abs(round(loop_phase(ring), 6))  # half of the solid angle of a hemisphere
        3.141593
    """
    rows = states_of("states", states, 2)
    if rows.ndim > 3:
        raise InputError(f"a loop is of states in rows, not of shape {rows.shape}")
    frames = _frames(np.repeat(rows[None] if rows.ndim == 3 else rows[None, :, None], 2, axis=0))[0]
    links = _overlaps(frames, np.roll(frames, -1, axis=0))
    if np.abs(links).min() < 1e-12:
        raise InputError("neighbours of the loop are orthogonal: their phase is not defined")
    return float(np.angle(np.prod(links / np.abs(links))))


def _frames(states: ArrayLike) -> Amplitudes:
    """Orthonormal rows, shape (A + 1, B + 1, k, N)."""
    rows = states_of("states", states, 3)
    if rows.ndim == 3:
        rows = rows[:, :, None, :]
    if rows.ndim != 4 or min(rows.shape[:2]) < 2:
        raise InputError(
            "states of a surface have the shape (A + 1, B + 1, N), or (A + 1, B + 1, k, N) for "
            f"spaces of k states, with A and B at least 1, not {np.shape(states)}"
        )
    if rows.shape[2] == 1:
        return rows
    if rows.shape[2] > rows.shape[3]:
        raise InputError(f"{rows.shape[2]} states of {rows.shape[3]} amplitudes are dependent")
    q, r = np.linalg.qr(np.swapaxes(rows, 2, 3))
    if np.abs(np.diagonal(r, axis1=2, axis2=3)).min() < 1e-8:
        raise InputError("the states of a space are dependent")
    return np.asarray(np.swapaxes(q, 2, 3))


def _overlaps(before: Amplitudes, after: Amplitudes) -> Amplitudes:
    """<psi|psi'>, or the determinant of those of two spaces, shape (..., k, N) each."""
    matrix = before.conj() @ np.swapaxes(after, -1, -2)
    return np.asarray(matrix[..., 0, 0] if matrix.shape[-1] == 1 else np.linalg.det(matrix))


def _around(a_links: Amplitudes, b_links: Amplitudes) -> Array:
    """The phases around plaquettes; links of shapes (A, B + 1) and (A + 1, B)."""
    product = a_links[:, :-1] * b_links[1:] * np.conj(a_links[:, 1:]) * np.conj(b_links[:-1])
    return np.asarray(np.angle(product))


def _closed(frames: Amplitudes) -> bool:
    """Whether opposite edges are the same, or shrink to a state each."""

    def same(one: Amplitudes, other: Amplitudes) -> bool:
        return bool(np.all(1 - np.abs(_overlaps(one, other)) ** 2 < _SAME))

    def shut(first: Amplitudes, last: Amplitudes) -> bool:
        shrunk = all(same(edge, np.broadcast_to(edge[:1], edge.shape)) for edge in (first, last))
        return shrunk or same(first, last)

    return shut(frames[0], frames[-1]) and shut(frames[:, 0], frames[:, -1])
