"""Which circuit an algorithm of qiskit-algorithms minimises over.

VQE, SamplingVQE, QAOA and VQD hand an optimizer a function, and no circuit. The function is one of
theirs, defined inside a method: it holds the algorithm as `self`, whose `ansatz` is the circuit
that it runs, of QAOA the one that it has just made, and maybe the circuit itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

from qng.errors import InputError, shown

_PACKAGE: Final = "qiskit_algorithms"

# Whose functions take several points. Those of VQD do too, and note a wrong eigenvalue then.
_SEVERAL: Final = ("VQE", "SamplingVQE")


def circuit_for(given: Any, fun: Callable[..., Any]) -> Any:
    """The circuit whose metric is taken.

    Args:
        given: A circuit of any kind, a list of these, an algorithm that has an `ansatz`, or a
            function without arguments that returns any; None: the circuit of whose function `fun`
            is.
        fun: What is minimised.

    Returns:
        The circuit; None where nothing is known of it.

    Raises:
        InputError: An algorithm that has no ansatz yet.
    """
    if given is None:
        return _held_by(fun)
    if inspect.isfunction(given) or inspect.ismethod(given):
        return circuit_for(given(), fun)
    if hasattr(given, "ansatz"):
        if given.ansatz is None:
            raise InputError(
                f"{shown(given)} has no ansatz yet: leave the circuit out, or give a function that "
                "returns it"
            )
        return given.ansatz
    return given


def takes_several(fun: Callable[..., Any]) -> bool:
    """Whether a function takes several points at once, as those of VQE and QAOA do."""
    return _is_theirs(fun) and fun.__qualname__.partition(".")[0] in _SEVERAL


def _is_theirs(fun: Callable[..., Any]) -> bool:
    """Whether a function is one of qiskit-algorithms."""
    return inspect.isfunction(fun) and fun.__module__.partition(".")[0] == _PACKAGE


def _held_by(fun: Callable[..., Any]) -> Any:
    """The circuit that a function of qiskit-algorithms runs; None of another function."""
    if not _is_theirs(fun):
        return None
    held = inspect.getclosurevars(fun).nonlocals
    ansatz = held.get("ansatz")
    return getattr(held.get("self"), "ansatz", None) if ansatz is None else ansatz
