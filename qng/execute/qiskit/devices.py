"""What Qiskit calls a device: which kind it is, how it is run and what disturbs it."""

from __future__ import annotations

from typing import Any

from qiskit.primitives import (
    BackendSamplerV2,
    BaseEstimatorV2,
    BaseSamplerV2,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.providers import BackendV2

from qng.errors import InputError
from qng.execute.qiskit.runners import OnAer, OnBackend, OnSampler, Runner
from qng.seeds import generator

Pub = tuple[Any, ...]
"""What a primitive takes: circuit, observable, values, precision."""


def runner_for(device: Any, threads: int | None) -> tuple[Runner, Any]:
    """How a device is run, and the backend that its circuits have to fit, None if it is unknown.

    BackendSamplerV2 and Aer's SamplerV2 do no more than to hand circuits to a backend: the backend
    is run itself with the same options, and without writing every shot as text.

    Args:
        device: A BaseSamplerV2 or a BackendV2.
        threads: Of Aer; None: its default.

    Raises:
        InputError: Neither of these, or a backend that runs nothing by itself.
    """
    limit = {} if threads is None else {"max_parallel_threads": threads}
    if isinstance(device, BackendV2):
        if _is_aer(device):
            return OnAer(device, limit), device
        if _is_ibm(device):
            raise InputError(
                f"{device.name} runs no circuits by itself; give a sampler, such as "
                "qiskit_ibm_runtime.executor_sampler.Sampler(backend)"
            )
        return OnBackend(device, local=_is_basic(device)), device
    if not isinstance(device, BaseSamplerV2):
        raise InputError(
            f"a SamplerV2 or a BackendV2 of Qiskit is expected, such as AerSimulator(), not "
            f"{_called(device)}"
        )
    backend = _backend_of(device)
    if type(device) is BackendSamplerV2 or _is_sampler_of_aer(device):
        options = _run_options(device)
        if _is_aer(backend):
            return OnAer(backend, limit | options), backend
        return OnBackend(backend, options, _is_basic(backend)), backend
    local = type(device) is StatevectorSampler or (_is_ibm(device) and _is_aer(backend))
    return OnSampler(device, local), backend


def estimator_for(device: Any) -> tuple[Any, str]:
    """The backend that the circuits of an estimator have to fit, None if unknown, and its noise.

    Args:
        device: A BaseEstimatorV2.

    Raises:
        InputError: None.
    """
    if not isinstance(device, BaseEstimatorV2):
        raise InputError(f"an EstimatorV2 of Qiskit is expected, not {_called(device)}")
    if type(device) is StatevectorEstimator:
        return None, ""
    backend = _backend_of(device)
    if _is_estimator_of_aer(device):
        return backend, _noise_of_aer(backend, device.options.run_options)
    return backend, noise_of(device)


def seeded(device: Any, pubs: list[Pub], seed: int) -> list[tuple[Any, list[Pub]]]:
    """The jobs of an estimator, each with what runs it, seeded where that is possible.

    Aer's begins with its seed at every PUB, so that PUBs would share their noise: one job a PUB.
    """
    if type(device) is StatevectorEstimator:
        drawing = StatevectorEstimator(
            default_precision=device.default_precision, seed=generator(seed)
        )
        return [(drawing, pubs)]
    if not _is_estimator_of_aer(device):
        return [(device, pubs)]
    given, backend = device.options, _backend_of(device)
    seeds = generator(seed).integers(2**31, size=len(pubs)).tolist()
    runs = [{**given.run_options, "seed_simulator": one} for one in seeds]
    options = [{"default_precision": given.default_precision, "run_options": run} for run in runs]
    make = type(device).from_backend
    return [(make(backend, options=one), [pub]) for one, pub in zip(options, pubs)]


def noise_of(device: Any) -> str:
    """What disturbs the states that a device prepares, in a few words; empty where nothing does."""
    if type(device) is StatevectorSampler or _is_basic(device):
        return ""
    backend = device if isinstance(device, BackendV2) else _backend_of(device)
    if backend is None:
        return f"unknown noise of {type(device).__name__}"
    if not _is_aer(backend):
        return f"noise of {backend.name}"
    if type(backend).__module__.startswith("qiskit_aer."):
        return _noise_of_aer(backend, _run_options(device) if _is_sampler_of_aer(device) else {})
    return f"noise model of {backend.name}"


def _called(device: Any) -> str:
    """What was given instead, with what it is mistaken for."""
    name = type(device).__name__
    if isinstance(device, BaseEstimatorV2):
        return f"the estimator {name}: give a sampler"
    return f"{name} of version 1" if name == "Sampler" else name


def _noise_of_aer(backend: Any, run: dict[str, Any]) -> str:
    """Its noise model, or what its method leaves out; options of a run come before its own."""
    model = run.get("noise_model", backend.options.noise_model)
    if model is not None and not model.is_ideal():
        return f"noise model of {backend.name}"
    method = run.get("method", backend.options.method)
    bond = "matrix_product_state_max_bond_dimension"
    if method == "extended_stabilizer" or run.get(bond, getattr(backend.options, bond, None)):
        return f"approximations of the method {method}"
    return ""


def _backend_of(sampler: Any) -> Any:
    """The backend behind a sampler, a property or a method of it; None if it does not say."""
    found = getattr(sampler, "backend", None) or getattr(sampler, "_backend", None)
    if callable(found):
        found = found()
    return found if isinstance(found, BackendV2) else None


def _is_aer(backend: Any) -> bool:
    """Fake backends run through Aer and have its options."""
    return backend is not None and hasattr(backend.options, "max_parallel_experiments")


def _is_basic(backend: Any) -> bool:
    return type(backend).__module__.startswith("qiskit.providers.basic_provider.")


def _is_ibm(device: Any) -> bool:
    return type(device).__module__.startswith("qiskit_ibm_runtime.")


def _is_sampler_of_aer(sampler: Any) -> bool:
    kind = type(sampler)
    return kind.__module__.startswith("qiskit_aer.") and kind.__name__ == "SamplerV2"


def _is_estimator_of_aer(estimator: Any) -> bool:
    kind = type(estimator)
    return kind.__module__.startswith("qiskit_aer.") and kind.__name__ == "EstimatorV2"


def _run_options(sampler: Any) -> dict[str, Any]:
    ours = ("shots", "memory", "seed_simulator", "parameter_binds")
    given = sampler.options.run_options or {}
    return {name: value for name, value in given.items() if name not in ours}
