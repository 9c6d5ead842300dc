"""Executors by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, overload

from qng.errors import InputError, UnknownNameError
from qng.plan.executor import Executor, Service

EXECUTORS: Final = (
    "statevector",
    "statevector:single",
    "aer",
    "aer:density_matrix",
    "aer:matrix_product_state",
    "fake_manila",
    "generic:5",
    "pennylane:default.qubit",
    "pennylane:lightning.qubit",
)
"""Names of executors; more backends and devices are known by names of the same kind."""


D = TypeVar("D", bound=Executor | Service)


@overload
def executor(
    name: str = "statevector", *, most_threads: int | None = None, **options: Any
) -> Executor: ...
@overload
def executor(name: D, *, most_threads: int | None = None, **options: Any) -> D: ...
def executor(
    name: str | D = "statevector", *, most_threads: int | None = None, **options: Any
) -> Executor | D:
    """An executor by name, or the one given.

    Args:
        name: "statevector", "statevector:single"; "aer", "aer:density_matrix",
            "aer:matrix_product_state", "fake_manila" and IBM's other fake backends, "generic:5"
            (`execute/qiskit/backends.py`); "pennylane" or "pennylane:lightning.qubit", any device
            of PennyLane; or an executor.
        most_threads: Its threads, where it has a choice.
        options: Arguments of the executor.

    Raises:
        UnknownNameError: No such executor.
        InputError: A package is missing, or an option that the executor does not have.
    """
    if not isinstance(name, str):
        if isinstance(name, type) or not (hasattr(name, "run") or hasattr(name, "submit")):
            raise InputError(
                f"an executor is a name such as 'aer', or an object with run(requests, seed), "
                f"not {name!r}"
            )
        return name
    make, chooses = _maker(name)
    if most_threads is not None and chooses:
        options = {"threads": most_threads, **options}
    try:
        return make(**options)
    except TypeError as error:
        raise InputError(f"the executor {name} cannot be made: {error}") from error


def _maker(name: str) -> tuple[Callable[..., Executor], bool]:
    """What makes it, and whether it has a choice of threads."""
    kind, _, detail = name.partition(":")
    if name in ("statevector", "statevector:single"):
        from qng.execute.statevector.executor import Statevector

        return (partial(Statevector, single=True) if detail else Statevector), True
    if kind == "pennylane":
        from qng.execute.pennylane import device

        return partial(device, detail or "default.qubit"), False
    if kind in ("aer", "generic") or kind.lower().startswith("fake"):
        from qng.execute.qiskit.backends import backend

        return partial(backend, name), True
    raise UnknownNameError("executor", name, EXECUTORS)
