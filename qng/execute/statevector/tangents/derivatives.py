"""Derivative states of a circuit at one point: J v, J^T w, all of them, and their Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qng import checks
from qng.arrays import Amplitudes, Array
from qng.circuit.circuit import Circuit
from qng.circuit.jacobian import Slopes
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.execute.statevector import many
from qng.execute.statevector.fused.fuse import fused
from qng.execute.statevector.fused.passes import Passes, amplitudes, planes, table_bytes
from qng.execute.statevector.once import once
from qng.execute.statevector.states import state
from qng.execute.statevector.tangents.rows import spare
from qng.execute.statevector.tangents.tangents import Meeting, held, of_a_row
from qng.threads import mapped

Number = TypeVar("Number", bound=np.generic)

MEMORY: Final = 16 * 2**30
"""The default limit in bytes for states held at once."""

# Derivative states that are turned from planes to amplitudes at once.
_ROWS: Final = 64

# States in planes of a product: that after the circuit, two that are carried, scratch.
_SWEEPING: Final = 4

# Stretches of rows a thread.
_STRETCHES: Final = 4

# Amplitude updates of a Gram matrix, of which half are done, that are worth a thread.
_WORTH_A_THREAD: Final = 5_000_000


@dataclass(frozen=True, eq=False)
class Derivatives:
    """J = d psi / d theta at one point; products are computed when they are asked for.

    Not for several threads at once: products share tables of the circuit at this point.

    Args:
        circuit: The circuit.
        phi: Angles of its rotations, shape (R,).
        jacobian: A = d phi / d theta, shape (R, P).
        threads: How many threads may be used.
        memory: Limit in bytes for states held at once.
        kept: Whether states between rotations may be kept, for the Gram matrix and a gradient.
        single: As in `Statevector`.
        known: What `gram` gives, where it is known already.
    """

    circuit: Circuit
    phi: Array
    jacobian: Slopes
    threads: int = 1
    memory: int = MEMORY
    kept: bool = False
    single: bool = False
    known: tuple[Array, Array] | None = None

    @once
    def _meeting(self) -> Meeting:
        return self._met()

    def _met(self) -> Meeting:
        return Meeting(self.circuit, self.phi, self.jacobian, self.single, threads=self.threads)

    @once
    def _room(self) -> int:
        """Rows for which there is memory beside what a `Meeting` keeps."""
        kind = np.float32 if self.single else float
        return (self.memory - self._beside) // of_a_row(
            self.circuit.n_qubits, self.jacobian.shape[1], kind
        )

    @property
    def _beside(self) -> int:
        """Bytes that a `Meeting` keeps."""
        return held(self.circuit, self.jacobian, self._useful_threads)

    @property
    def knows_all_slopes(self) -> bool:
        """Whether `gradient` has what it needs."""
        every = len(np.unique(self.jacobian.rows)) == self.jacobian.shape[0]
        return self.kept and every and self._room >= 2

    def gradient(self, observable: PauliSum) -> tuple[float, float, Array]:
        """<H>, <H^2> - <H>^2 and d<H>/d phi, with the states that are kept for the Gram matrix.

        Cost: one reverse sweep of one state.
        """
        return self._meeting.gradient(observable)

    @once
    def _passes(self) -> Passes:
        spare(of_products(self.circuit), self.memory)
        return Passes(fused(self.circuit), self.phi, threads=self.threads)

    @once
    def _psi(self) -> Array:
        """The state after the circuit in planes, kept for the next product."""
        return self._passes.state()

    @property
    def state(self) -> Amplitudes:
        """psi, shape (2^n,)."""
        return amplitudes(self._psi)

    def jvp(self, v: ArrayLike) -> Amplitudes:
        """J v, shape (2^n,). Cost: one forward sweep of two states."""
        direction = self.jacobian @ of_length(self.jacobian.shape[1], np.asarray(v, dtype=float))
        return amplitudes(self._passes.push_forward(direction))

    def vjp(self, w: ArrayLike) -> Array:
        """Re(J^dagger w), shape (P,). Cost: one reverse sweep of two states."""
        whole = of_length(2**self.circuit.n_qubits, np.asarray(w, dtype=complex))
        psi = self._psi.copy()
        ket = planes(whole, len(psi))
        pulled: Array = self.jacobian.T @ self._passes.pull_back(psi, ket)
        return pulled

    def dense(self) -> Amplitudes:
        """All derivative states, shape (P, 2^n). Cost: one forward sweep of P states.

        Raises:
            InputError: They do not fit into the memory.
        """
        n_columns = self.jacobian.shape[1]
        size = 2**self.circuit.n_qubits
        if (n_columns + 3) * 16 * size > self.memory:
            raise too_many(n_columns + 3, self.circuit.n_qubits, self.memory)
        spare((n_columns + 3) * 16 * size, self.memory)
        needed = 16 * size * (n_columns + min(n_columns, _ROWS))
        if needed + held(self.circuit, self.jacobian) > self.memory:
            return pushed(self.circuit, self.phi, self.jacobian, self._useful_threads)
        meeting = Meeting(self.circuit, self.phi, self.jacobian, at_end=True, threads=self.threads)
        rows = np.empty((n_columns, size), dtype=complex)
        for start in range(0, n_columns, _ROWS):
            here = slice(start, min(start + _ROWS, n_columns))
            found = meeting.rows(here.start, here.stop, self._useful_threads)
            rows[here].real = found[:, :size]
            rows[here].imag = found[:, size:] if found.shape[1] > size else 0.0
        return rows

    @property
    def _useful_threads(self) -> int:
        n_columns = self.jacobian.shape[1]
        work = len(self.circuit.ops) * n_columns << self.circuit.n_qubits
        return max(min(self.threads, work // _WORTH_A_THREAD, n_columns), 1)

    def gram(self) -> tuple[Array, Array]:
        """Re <d_i psi|d_j psi>, shape (P, P), and b with <psi|d_j psi> = i b_j, shape (P,)."""
        if self.known is not None:
            return self.known
        n_columns = self.jacobian.shape[1]
        if self._room < min(n_columns, 2):
            # Too many states to keep between rotations.
            rows = self.dense()
            real, bra = rows.view(float), state(self.circuit, self.phi).conj()
            return real @ real.T, (rows @ bra).imag
        spare(self._beside, self.memory)
        # Kept states of many prefixes of a circuit would not fit side by side.
        meeting = self._meeting if self.kept else self._met()
        return meeting.gram(self._room, self._useful_threads)


def of_products(circuit: Circuit) -> int:
    """Bytes of psi, J v and J^T w: the states of a sweep, amplitudes, and the turns of a pass.

    Turns take their size twice while they are made.
    """
    program = fused(circuit)
    of_an_amplitude = 8 * _SWEEPING * (1 if program.is_real else 2) + 16
    return (of_an_amplitude << circuit.n_qubits) + 2 * table_bytes(program, kept=False)


def pushed(circuit: Circuit, phi: Array, jacobian: Slopes, threads: int = 1) -> Amplitudes:
    """All derivative states by a plain sweep, which keeps no other states; shape (P, 2^n)."""
    rows = np.empty((jacobian.shape[1], 2**circuit.n_qubits), dtype=complex)
    # Later parameters have fewer operations to pass: stretches are shared out as threads are free.
    length = -(-len(rows) // (_STRETCHES * threads if threads > 1 else 1)) or 1

    def fill(start: int) -> None:
        own = rows[start : start + length]
        mine = (jacobian.columns >= start) & (jacobian.columns < start + length)
        entries = jacobian.rows[mine], jacobian.columns[mine] - start
        feeding = many.entries_of(*entries, circuit.n_rotations)
        many.fill_rows(circuit, phi, jacobian.values[mine], feeding, own)

    mapped(fill, range(0, len(rows), length), threads)
    return rows


def of_length(size: int, vector: NDArray[Number]) -> NDArray[Number]:
    """The vector, if it has as many entries.

    Raises:
        InputError: It has not.
    """
    if vector.shape != (size,):
        raise InputError(f"the vector must have shape ({size},), not {vector.shape}")
    return vector


def too_many(states: int, n_qubits: int, memory: int) -> InputError:
    """The error that says that states do not fit."""
    needed = states * 16 * 2**n_qubits
    return InputError(
        f"{states} states of {n_qubits} qubits need {checks.sized(needed)}, the limit is "
        f"{checks.sized(memory)}: use fewer qubits or parameters, or raise "
        "Statevector(memory=...)"
    )
