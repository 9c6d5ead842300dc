"""Simulators and fake backends by name.

aer                         exact amplitudes, then shots
aer:density_matrix          for noise models of few qubits
aer:matrix_product_state    for many qubits with little entanglement
fake_manila, fake_fez, ...  IBM's devices as they were calibrated once, with their noise
generic:5                   a line of qubits with made-up noise

All but matrix product states also answer without shots, from density matrices (`densities.py`).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.transpiler import CouplingMap

from qng.errors import InputError, MissingPackageError, UnknownNameError, shown
from qng.execute.qiskit.primitives import Primitives

METHODS: Final = ("statevector", "density_matrix", "matrix_product_state")
"""Of Aer."""

NAMES: Final = ("aer", *(f"aer:{method}" for method in METHODS), "fake_manila", "generic:5")
"""Names that always exist, one of IBM's and one generic backend for all of them."""


def backend(name: str, **options: Any) -> Primitives:
    """An executor that counts bits, by name.

    Args:
        name: As above. Fake backends are known by Qiskit's names and by those of their classes
            ("fake_manila", "FakeManilaV2").
        options: Keyword arguments of `Primitives`, such as `threads` or `optimization_level`.

    Raises:
        UnknownNameError: No such name, with those that are near.
        InputError: A fake backend without the package that holds it.
    """
    kind, _, detail = name.partition(":")
    options["made"] = _made(name, options)
    if kind == "aer":
        return Primitives(_aer(detail or "statevector"), name=name, **options)
    if kind == "generic":
        return Primitives(_generic(detail), name=name, **options)
    if not detail and _plain(name).startswith("fake"):
        return Primitives(_fake(name), **options)
    raise UnknownNameError("executor", name, NAMES)


def _made(name: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """How it is made again, wherever: with another number of threads the counts are the same."""
    kept = {key: value for key, value in options.items() if key != "threads"}
    plain = all(
        value is None or isinstance(value, (bool, int, float, str)) for value in kept.values()
    )
    return {"name": name, **kept} if plain else {}


def _aer(method: str) -> Any:
    if method not in METHODS:
        raise UnknownNameError("method of Aer", method, METHODS)
    from qiskit_aer import AerSimulator

    return AerSimulator(method=method)


def _generic(size: str) -> Any:
    if not size.isdecimal() or len(size) > 4 or int(size) < 2:
        raise InputError(
            f"a generic backend is 'generic:5', with 2 to 9999 qubits, not {shown(size)}"
        )
    n = int(size)
    return GenericBackendV2(n, coupling_map=CouplingMap.from_line(n), seed=0)


def _fake(name: str) -> Any:
    try:
        from qiskit_ibm_runtime import fake_provider
    except ImportError as error:
        raise MissingPackageError(name, "qiskit-ibm-runtime", "ibm") from error
    members: list[Any] = [kind for _, kind in inspect.getmembers(fake_provider, inspect.isclass)]
    classes = {kind.backend_name: kind for kind in members if hasattr(kind, "backend_name")}
    found = [kind for known, kind in classes.items() if _plain(known) == _plain(name)]
    found += [kind for kind in classes.values() if _plain(kind.__name__) == _plain(name)]
    if not found:
        raise UnknownNameError("fake backend", name, classes)
    return found[0]()


def _plain(name: str) -> str:
    return name.lower().replace("_", "").removesuffix("v2")
