"""What a batch asks as bytes of our own: equal questions have equal bytes, in every process.

They name batches and tell whether a plan is the one that was made before. Of a circuit they have
what is run: the rotations without the expressions of their angles, which stand in the request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate, Rotation
from qng.circuit.pauli import PauliSum
from qng.errors import InputError
from qng.plan.request import Density, Expectation, Gradient, Overlap, Request, Samples, Tangent


def batch_key(run: str, batch: str, asked: str, options: Mapping[str, Any]) -> str:
    """The name of a batch: 24 hexadecimal digits.

    Args:
        run: Of which run it is.
        batch: Its number there.
        asked: The digest of its requests.
        options: With which they are answered, plain JSON.
    """
    return _digest([run, batch, asked, options])[:24]


def digest(requests: Sequence[Request], seed: int) -> str:
    """The digest of a batch: 64 hexadecimal digits.

    Args:
        requests: What is asked.
        seed: Of all that is drawn.
    """
    return _digest([[_request(request) for request in requests], seed])


def circuit_digest(circuit: Circuit) -> str:
    """The digest of what is run of a circuit: 64 hexadecimal digits."""
    return _digest(_circuit(circuit))


def _digest(plain: Any) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _request(request: Request) -> list[Any]:
    return [
        _circuit(request.circuit),
        _array(request.angles),
        _measure(request),
        _array(request.shots),
        _array(request.draws),
    ]


def _circuit(circuit: Circuit) -> list[Any]:
    return [circuit.n_qubits, [_op(op) for op in circuit.ops]]


def _op(op: Rotation | Gate) -> list[Any]:
    if isinstance(op, Rotation):
        angle = op.angle.value({}).hex() if op.is_fixed else ""
        return ["rotation", op.pauli.x, op.pauli.z, angle]
    matrix = [] if op.matrix is None else [[z.real.hex(), z.imag.hex()] for z in op.array().flat]
    return [op.name, list(op.qubits), matrix]


def _measure(request: Request) -> list[Any]:
    measure, name = request.measure, type(request.measure).__name__
    if isinstance(measure, Samples):
        return [name, measure.basis.x, measure.basis.z]
    if isinstance(measure, (Expectation, Gradient)):
        return [name, _words(measure.observable)]
    if isinstance(measure, Overlap):
        return [name, _array(measure.others), _array(measure.kept)]
    if isinstance(measure, Density):
        return [name, list(measure.of(request.circuit.n_qubits))]
    if isinstance(measure, Tangent):
        slopes = measure.jacobian
        parts = (slopes.rows, slopes.columns, slopes.values)
        return [name, list(slopes.shape), *map(_array, parts), measure.gram]
    return [name]


def _words(observable: PauliSum) -> list[Any]:
    return [
        [word.x, word.z, complex(c).real.hex(), complex(c).imag.hex()] for word, c in observable
    ]


def _array(array: Any) -> list[Any]:
    if array is None:
        return []
    values = np.asarray(array)
    if values.dtype.kind not in "biuf":
        raise InputError(f"an array of {values.dtype} has no canonical bytes")
    # Adding zero makes -0 a 0. One type and byte order on every machine.
    plain = values.astype("<f8" if values.dtype.kind == "f" else "<i8") + 0
    return [list(values.shape), hashlib.sha256(plain.tobytes()).hexdigest()]
