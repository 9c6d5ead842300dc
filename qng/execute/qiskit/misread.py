"""Readout errors of a noise model of Aer, applied to exact probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qng.arrays import Array
from qng.errors import InputError


def misread(model: Any, p: Array, places: Sequence[int]) -> Array:
    """Probabilities of what is read, each qubit with its own errors.

    Args:
        model: A NoiseModel, or None.
        p: Of what the qubits are in, shape (2^k,); bit j is the qubit at places[j].
        places: Qubits of the device.

    Raises:
        InputError: Errors that several qubits have together.
    """
    tables = {} if model is None else _tables(model)
    n = len(places)
    for k, place in enumerate(places):
        table = tables.get(place, tables.get(None))
        if table is not None:
            axis = n - 1 - k
            read = np.tensordot(table.T, p.reshape((2,) * n), (1, axis))
            p = np.moveaxis(read, 0, axis).reshape(-1)
    return p


def _tables(model: Any) -> dict[int | None, Array]:
    """P(read | was), rows what it was, by the qubit that has them; None: all others."""
    found: dict[int | None, Array] = {}
    for error in model.to_dict()["errors"]:
        if error["type"] != "roerror":
            continue
        table = np.array(error["probabilities"], dtype=float)
        if table.shape != (2, 2):
            raise InputError(
                "the noise model has readout errors of several qubits together, which are not "
                "known without shots: give shots=, or readout errors of single qubits"
            )
        for (place,) in error.get("gate_qubits", [(None,)]):
            found[place] = table
    return found
