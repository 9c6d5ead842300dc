"""What devices of Qiskit have counted: values of a register, and how often each was seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from qng.arrays import Integers
from qng.errors import QngError

Tally = tuple[Integers, Integers]
"""Values of the register, and how often each was seen."""


def of_result(result: Any) -> Iterator[Tally]:
    """Tallies of the circuits of a job, one after the other.

    Raises:
        QngError: The job has failed.
    """
    if not result.success:
        raise QngError(f"{result.backend_name} reports {_failure(result)}")
    for k in range(len(result.results)):
        counts = result.data(k).get("counts", {})
        if not counts or not all(key.startswith("0x") for key in counts):
            counts = {f"0b{key.replace(' ', '')}": n for key, n in result.get_counts(k).items()}
        values = np.array([int(key, 0) for key in counts], dtype=np.int64)
        yield values, np.array(list(counts.values()), dtype=np.int64)


def _failure(result: Any) -> str:
    told = [str(getattr(result, "status", "")), *(str(one.status) for one in result.results)]
    return next((text for text in told if text.upper().startswith("ERROR")), "a failure")


def of_bits(bits: Any) -> list[Tally]:
    """Of every point of a BitArray, shape (points, shots, bytes), the highest byte first."""
    array = bits.array.reshape(-1, *bits.array.shape[-2:])
    places = np.int64(1) << 8 * np.arange(array.shape[-1], dtype=np.int64)[::-1]
    return [np.unique(row, return_counts=True) for row in array @ places]
