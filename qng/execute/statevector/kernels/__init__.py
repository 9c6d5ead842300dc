"""Loops over amplitudes, compiled by numba: what is fast is here, and nothing else.

States come as arrays and leave changed. Those of `plain` are complex, shape (2^n,), and take the
operations of a circuit one by one; all others are in planes, shape (1 or 2, 2^n), the real parts
and then the imaginary ones, and take the passes of `fuse.py` (`kinds.py`).

    called from Python    plain.walk, plain.add_sum; many.derivatives; draws.outcomes;
                          gates.make; sweeps.*, which call carry.through
    a state through them  carry, with turns, phases (tables, levels) and pairs
    derivative states     additions and slopes, with hermitian and walsh
    below all of these    bundles, kinds, bits, room, simd; `compiling` makes machine code of them,
                          `extending` is numba's interface for that

Index j of a state holds qubit q in bit q. X^x Z^z takes amplitude j to j ^ x with (-1)^|j & z|.

The ways in are imported when the first of their functions is asked for, and numba with them: a
circuit of few qubits needs neither.
"""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qng.execute.statevector.kernels import bundles as bundles
    from qng.execute.statevector.kernels import carry as carry
    from qng.execute.statevector.kernels import draws as draws
    from qng.execute.statevector.kernels import gates as gates
    from qng.execute.statevector.kernels import inner as inner
    from qng.execute.statevector.kernels import many as many
    from qng.execute.statevector.kernels import observable as observable
    from qng.execute.statevector.kernels import phases as phases
    from qng.execute.statevector.kernels import plain as plain
    from qng.execute.statevector.kernels import slopes as slopes
    from qng.execute.statevector.kernels import sweeps as sweeps
else:

    class _Later:
        """A module that is imported when something of it is asked for."""

        def __init__(self, name: str) -> None:
            self._name = f"{__name__}.{name}"

        @cached_property
        def _module(self) -> Any:
            return import_module(self._name)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._module, name)

    bundles, carry, draws, gates = map(_Later, ("bundles", "carry", "draws", "gates"))
    inner, many = map(_Later, ("inner", "many"))
    observable, phases, plain = map(_Later, ("observable", "phases", "plain"))
    slopes, sweeps = map(_Later, ("slopes", "sweeps"))
