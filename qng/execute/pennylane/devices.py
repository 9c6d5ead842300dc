"""Devices of PennyLane: made anew for every batch with its seed, or taken as they are."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Hashable, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

import numpy as np
import pennylane as qml
from pennylane.devices.capabilities import ExecutionCondition

from qng.errors import InputError, UnknownNameError, cannot_be_made

Make = Callable[[Sequence[Hashable], int], Any]
"""(wires, seed) -> device."""


def maker(device: Any, options: dict[str, Any]) -> Make:
    """What makes a device; a function of this module, so that an executor pickles.

    Args:
        device: A name, a function (wires, seed) -> device, or a device.
        options: Of a device by name.

    Raises:
        UnknownNameError: No such device is installed.
        InputError: None of these.
    """
    if isinstance(device, qml.devices.Device):
        return partial(_given, device)
    if callable(device):
        return partial(_called, device)
    if not isinstance(device, str):
        raise _no_device(device)
    plugins = {entry.name: entry for entry in entry_points(group="pennylane.plugins")}
    if device not in plugins:
        raise UnknownNameError("PennyLane device", device, plugins)
    return partial(_named, plugins[device], options)


def _given(device: Any, wires: Sequence[Hashable], seed: int) -> Any:
    """A device that was given: PennyLane's simulators as a copy with a generator of its own."""
    if not hasattr(device, "_rng") or getattr(device, "_prng_key", None) is not None:
        return device
    seeded = copy.copy(device)
    seeded._rng = np.random.default_rng(seed)
    return seeded


def _called(make: Callable[..., Any], wires: Sequence[Hashable], seed: int) -> Any:
    device = make(_plain(wires), seed)
    if not isinstance(device, qml.devices.Device):
        raise _no_device(device)
    return device


def _named(
    plugin: EntryPoint, options: dict[str, Any], wires: Sequence[Hashable], seed: int
) -> Any:
    try:
        takes = inspect.signature(plugin.load()).parameters
        seeded = {"seed": seed} if "seed" in takes and "seed" not in options else {}
        return qml.device(plugin.name, wires=_plain(wires), **seeded, **options)
    except Exception as error:
        raise InputError(f"the PennyLane device {plugin.name} {cannot_be_made(error)}") from error


def _plain(wires: Sequence[Hashable]) -> int | list[Hashable]:
    """A number where the labels are numbers: some devices rename operations otherwise."""
    return len(wires) if list(wires) == list(range(len(wires))) else list(wires)


def _no_device(device: Any) -> InputError:
    return InputError(
        "a PennyLane device is given by name, as a function (wires, seed) -> device, or as a "
        f"qml.device, not as {type(device).__name__}"
    )


def line_of(error: Exception) -> str:
    """What PennyLane says, in one line."""
    return " ".join(str(error).split())


def noise_of(device: Any) -> str:
    """What disturbs the states of a device, in a few words; empty where nothing does."""
    kind = type(device)
    # A device with a transform, such as a noise model, is of a class made for it.
    if f"{kind.__module__}.{kind.__name__}" not in _NOISELESS:
        return f"unknown noise of {device.name}"
    return f"readout errors of {device.name}" if getattr(device, "readout_err", None) else ""


_NOISELESS: Final = frozenset(
    {
        "pennylane.devices.default_qubit.DefaultQubit",
        "pennylane.devices.default_mixed.DefaultMixed",
        "pennylane.devices.reference_qubit.ReferenceQubit",
        "pennylane.devices.default_clifford.DefaultClifford",
        "pennylane_lightning.lightning_qubit.lightning_qubit.LightningQubit",
        "pennylane_lightning.lightning_gpu.lightning_gpu.LightningGPU",
        "pennylane_lightning.lightning_kokkos.lightning_kokkos.LightningKokkos",
    }
)


def is_analytic(device: Any) -> bool:
    """Whether it gives expectation values without shots."""
    if isinstance(device, qml.devices.LegacyDeviceFacade):
        return bool(device.target_device.capabilities().get("returns_state", False))
    if device.capabilities is None:
        return True
    conditions = device.capabilities.measurement_processes.get("ExpectationMP")
    return conditions is not None and ExecutionCondition.FINITE_SHOTS_ONLY not in conditions


def knows_density(device: Any) -> bool:
    """Whether it gives density matrices without shots, as PennyLane's own simulators do."""
    simulators = (qml.devices.DefaultQubit, qml.devices.DefaultMixed)
    return isinstance(device, simulators) and not getattr(device, "readout_err", None)
