"""Executors as objects: ours as they are, devices of Qiskit and PennyLane in their adapters.

    name, noise, answers, run(requests, seed)    an executor of ours, or of the user's own
    AerSimulator(), any BackendV2 or SamplerV2   `qiskit.primitives.Primitives`
    any EstimatorV2                              `qiskit.estimators.Estimates`
    a BackendV2 that finds its jobs again        `qiskit.retrieved.Retrieved`, a cloud
    qml.device(...)                              `pennylane.PennyLane`

`AerSimulator` has a `run` of its own, so an executor is known by `answers`. What an object is, is
seen from the packages that its class comes from: nothing is imported to look.
"""

from __future__ import annotations

from typing import Any, Final

from qng.errors import InputError
from qng.plan.cloud import is_cloud
from qng.plan.executor import Executor, Service

_EXPECTED: Final = (
    "an executor is a name such as 'aer', or an object with run(requests, seed), "
    "or a device such as AerSimulator(), a SamplerV2 or qml.device(...)"
)

_PARTS: Final = ("name", "noise", "answers")


def executor_of_object(given: Any, most_threads: int | None) -> Executor | Service:
    """An executor from an object.

    Args:
        given: What was given.
        most_threads: Its threads, where it has a choice.

    Raises:
        InputError: A class in the place of an object, or nothing that answers requests.
    """
    if isinstance(given, type):
        raise InputError(f"{_EXPECTED}, not a class: make one with {given.__name__}(...)")
    packages = _packages(given)
    if "qng" not in packages and not hasattr(given, "answers"):
        if any(name == "qiskit" or name.startswith("qiskit_") for name in packages):
            return _of_qiskit(given, most_threads)
        if any(name.startswith("pennylane") for name in packages):
            return _of_pennylane(given)
    if hasattr(given, "run") or hasattr(given, "submit") or is_cloud(given):
        missing = [name for name in _PARTS if not hasattr(given, name)]
        if missing:
            raise InputError(
                f"{_EXPECTED}; {type(given).__name__} has no {' and no '.join(missing)} "
                "(qng.plan.executor.Executor)"
            )
        found: Executor | Service = given
        return found
    hint = "; a function becomes one as qng.execute.function.Function(f)" if callable(given) else ""
    raise InputError(f"{_EXPECTED}, not {type(given).__name__}{hint}")


def _of_qiskit(given: Any, most_threads: int | None) -> Executor:
    if any(cls.__name__ == "BaseEstimatorV2" for cls in type(given).__mro__):
        from qng.execute.qiskit.estimators import Estimates

        return Estimates(given)
    from qng.execute.qiskit.primitives import Primitives
    from qng.execute.qiskit.retrieved import Retrieved, is_retrievable

    return Retrieved(given) if is_retrievable(given) else Primitives(given, threads=most_threads)


def _of_pennylane(given: Any) -> Executor:
    from qng.execute.pennylane import PennyLane

    if not any(cls.__name__ == "Device" for cls in type(given).__mro__):
        raise InputError(
            f"a device of PennyLane is expected, not {type(given).__name__}: give qml.device(...)"
        )
    return PennyLane(given)


def _packages(given: Any) -> set[str]:
    return {cls.__module__.partition(".")[0] for cls in type(given).__mro__}
