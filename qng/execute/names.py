"""Executors by name, and from objects."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, overload

from qng.errors import InputError, UnknownNameError, cannot_be_made, need
from qng.execute.objects import executor_of_object
from qng.plan.executor import Executor, Service

EXECUTORS: Final = (
    "statevector",
    "statevector:single",
    "aer",
    "aer:density_matrix",
    "aer:matrix_product_state",
    "fake_manila",
    "generic:5",
    "ibm",
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
@overload
def executor(
    name: Any, *, most_threads: int | None = None, **options: Any
) -> Executor | Service: ...
def executor(name: Any = "statevector", *, most_threads: int | None = None, **options: Any) -> Any:
    """An executor by name, the one given, or the one that runs a device.

    Args:
        name: "statevector", "statevector:single"; "aer", "aer:density_matrix",
            "aer:matrix_product_state", "fake_manila" and IBM's other fake backends, "generic:5"
            (`execute/qiskit/backends.py`); "ibm_fez" and IBM's other quantum computers, "ibm" for
            the least busy (`execute/qiskit/ibm`); "ibm_fez:estimator" and "fake_manila:estimator",
            whose values are mitigated by IBM's estimator (resilience_level); "pennylane" or
            "pennylane:lightning.qubit", any device of PennyLane; an executor; or a device: any
            BackendV2 or SamplerV2 of Qiskit, such as AerSimulator(), or a `qml.device`.
        most_threads: Its threads, where it has a choice.
        options: Arguments of an executor by name.

    Raises:
        UnknownNameError: No such executor.
        InputError: A package is missing, an option that the executor does not have, or an object
            that answers no requests.

    Example:
        >>> import qng
        >>> qng.executor("statevector").name
        'statevector'
        >>> qng.executor("statevector", memory=2**30).memory
        1073741824
    """
    if not isinstance(name, str):
        if options:
            raise InputError(
                f"{', '.join(options)} can be given for an executor by name; an object is complete"
            )
        return executor_of_object(name, most_threads)
    make, chooses = _maker(name)
    if most_threads is not None and chooses:
        options = {"threads": most_threads, **options}
    try:
        return make(**options)
    except TypeError as error:
        raise InputError(f"the executor {name} {cannot_be_made(error)}") from error


def _maker(name: str) -> tuple[Callable[..., Any], bool]:
    """What makes it, and whether it has a choice of threads."""
    kind, _, detail = name.partition(":")
    if name in ("statevector", "statevector:single"):
        from qng.execute.statevector.executor import Statevector

        return (partial(Statevector, single=True) if detail else Statevector), True
    if name == "none":
        from qng.execute.nothing import Nothing

        return Nothing, False
    if kind == "pennylane":
        need("pennylane", f"the executor {name}")
        from qng.execute.pennylane import device

        return partial(device, detail or "default.qubit"), False
    if kind.lower().startswith(("aer", "fake", "generic", "ibm")):
        need("qiskit", f"the executor {name}")
    if kind == "aer":
        need("qiskit_aer", f"the executor {name}", "qiskit-aer")
    if detail == "estimator" and kind.lower().startswith(("ibm", "fake")):
        return partial(_estimator, name), False
    if name == "ibm" or name.lower().startswith("ibm_"):
        from qng.execute.qiskit.ibm import IBM

        return partial(IBM, name), False
    if kind in ("aer", "generic") or kind.lower().startswith("fake"):
        from qng.execute.qiskit.backends import backend

        return partial(backend, name), True
    raise UnknownNameError("executor", name, EXECUTORS)


def _estimator(name: str, **options: Any) -> Any:
    """IBM's estimator, on its hardware or on a fake backend."""
    kind = name.partition(":")[0]
    if not kind.lower().startswith("fake"):
        from qng.execute.qiskit.ibm.estimator import IBMEstimator

        return IBMEstimator(name, **options)
    from qng.execute.qiskit.backends import backend
    from qng.execute.qiskit.ibm.local import LocalEstimator

    device = backend(kind).transpiler.backend
    return LocalEstimator(device, name=name, made={"name": name, **options}, **options)
