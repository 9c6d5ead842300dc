"""IBM's client-side estimator: expectation values mitigated by TREX, ZNE or PEC.

    requests -> PUBs -> program -> text or arrays of its result -> values with standard errors

Preparation and post-processing are the client's own. Its standard errors are not taken: they add
up the variances of the words of an observable as if words of one basis were not read off the same
shots, and leave out that of the readout calibration. Here they come from the spread of what the
client makes of the shots without a g-th of them, for every g (the jackknife over groups):

    sigma^2 = (G - 1)/G sum_g (E_(-g) - mean E_(-g))^2

which holds for words that go together, for the calibration and for the extrapolation. The groups
are of randomizations where something is twirled, else of shots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from qng.arrays import Array
from qng.circuit.circuit import Circuit
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnreadableError
from qng.execute.qiskit.calibration import physical_qubits
from qng.execute.qiskit.ibm.errors import tidy
from qng.execute.qiskit.ibm.sampling import MARK
from qng.execute.qiskit.kept import Fresh, Kept
from qng.execute.qiskit.packet import Packet
from qng.execute.qiskit.runners import Pub
from qng.execute.qiskit.transpile import Measured, Transpiler, quiet
from qng.plan.canonical import digest
from qng.plan.cloud import Shelf
from qng.plan.request import Expectation, Request, Values

GROUPS: Final = 32
"""Of shots, for the standard errors: intervals of 1.96 of them hold 93 % of all values, with ZNE
some less (`tests.benchmarks.mitigated`); with the client's errors it is 85 % where words go
together."""


def packed(
    requests: Sequence[Request],
    seed: int,
    transpiler: Transpiler,
    *,
    shelf: Shelf | None = None,
    anew: bool = False,
) -> Packet:
    """A batch as whole circuits, one PUB a request, on one set of qubits.

    Args:
        requests: Of `Expectation`, with equal shots.
        seed: Of all that is drawn; it is only handed on.
        transpiler: For the device.
        shelf: Where the layout and the circuits of a run are kept; None: nowhere.
        anew: Whether what lies there is not used any more.

    Raises:
        InputError: An angle that is not finite, an observable that is not Hermitian, or a circuit
            that the device cannot do.
        RefusedError: The device, as it is now, cannot run a new circuit where those of the run sit.
    """
    for request in requests:
        if not np.all(np.isfinite(request.angles)):
            raise InputError("an angle of a request is not a finite number")
        if not _observable(request).is_hermitian:
            raise InputError("the observable is not Hermitian: a coefficient is not real")
    circuits: Fresh | Kept = Fresh(transpiler)
    if shelf is not None:
        circuits = Kept(transpiler, shelf, digest(requests, seed), anew)
    asked: list[tuple[Circuit, Pauli | None]] = [(request.circuit, None) for request in requests]
    measured = circuits.measured(asked)
    if isinstance(circuits, Kept):
        circuits.keep()
    pubs = tuple(
        Pub(one.circuit, one.values(request.angles), _shots(request))
        for one, request in zip(measured, requests)
    )
    rows = tuple((k, np.arange(len(pub.values))) for k, pub in enumerate(pubs))
    return Packet(tuple(requests), seed, pubs, measured, rows, None)


@dataclass(frozen=True, eq=False)
class Asked:
    """What the estimator is asked for one request.

    Args:
        pubs: Its PUBs; none where the observable is a constant, one a point without parameters.
        points: Of the request.
        constant: What is added to every value.
    """

    pubs: tuple[tuple[Any, ...], ...]
    points: int
    constant: float


def asked(packet: Packet, mark: str) -> list[Asked]:
    """What the estimator is asked for a packet.

    Args:
        packet: The batch.
        mark: Its name, which comes back with the result.
    """
    return [
        _asked(request, measured, pub, mark)
        for request, measured, pub in zip(packet.requests, packet.measured, packet.pubs)
    ]


def program(of: Sequence[Asked], options: Any, here: Any = None) -> tuple[Any, Any]:
    """What the client makes of PUBs, and its options, before it sends them.

    Args:
        of: What is asked.
        options: The client's model of them, with the shots.
        here: The backend where it runs in this process. Elsewhere dynamical decoupling is left
            out, which needs the device and changes no number.
    """
    from qiskit_ibm_runtime.executor_estimator.prepare import prepare

    if here is None:
        options = options.model_copy(deep=True)
        options.dynamical_decoupling.enable = False
    with quiet():
        made: tuple[Any, Any] = prepare(
            [pub for one in of for pub in one.pubs],
            options,
            add_tags=here is not None,
            backend=here,
        )
    return made


def sender(pubs: Sequence[tuple[Any, ...]], options: Any) -> Callable[[Any], str]:
    """What sends a job, by one POST: from a backend or a session to the id of the job.

    Args:
        pubs: What is asked.
        options: The client's model of them, with shots and tags.
    """
    from qiskit_ibm_runtime.executor_estimator import Estimator

    return lambda mode: str(Estimator(mode=mode, options=options).run(pubs).job_id())


def layers(circuits: Sequence[Circuit], transpiler: Transpiler, options: Any) -> list[Any]:
    """The layers of circuits whose noise PEC and PEA need.

    Args:
        circuits: Those of a batch.
        transpiler: For the device.
        options: The client's model of them.
    """
    from qiskit_ibm_runtime.executor_estimator import Estimator

    whole = Fresh(transpiler).measured([(circuit, None) for circuit in circuits])
    bare = [one.circuit.remove_final_measurements(inplace=False) for one in whole]
    pubs = [
        (one, SparsePauliOp("Z".rjust(one.num_qubits, "I")), np.zeros(one.num_parameters))
        for one in bare
    ]
    with quiet():
        return list(Estimator(_backend(transpiler), options).find_unique_layers(pubs))


def _backend(transpiler: Transpiler) -> Any:
    """Qiskit's, whatever stands for it."""
    return getattr(transpiler.backend, "backend", transpiler.backend)


def read(result: Any, of: Sequence[Asked], mark: str, shots: int) -> list[Values]:
    """Values and their standard errors, one a request.

    Args:
        result: The text that the service gave, or the result of a program that ran here.
        of: What was asked.
        mark: The name of the batch.
        shots: Of every point and basis.

    Raises:
        UnreadableError: A text that is no result, of another batch, or of other shots or points.

    Cost: the client's post-processing, 17 times.
    """
    if not any(one.pubs for one in of):
        return [_values(one, [], []) for one in of]
    try:
        with quiet():
            told = _decoded(result) if isinstance(result, str) else result
            made = [_made(told), *(_made(_without(told, g)) for g in range(GROUPS))]
            about = told.passthrough_data["post_processor"]
            marks = [(one or {}).get(MARK) for one in about["circuits_metadata"]]
            came = int(about["shots"])
    except Exception as error:
        raise UnreadableError(
            f"the result of a job cannot be read ({type(error).__name__}: {tidy(error, 120)}); its "
            "text is kept"
        ) from error
    if any(one != mark for one in marks):
        raise UnreadableError("the result of a job is that of another batch; its text is kept")
    wanted = [_size(pub) for one in of for pub in one.pubs]
    if [value.size for value in made[0]] != wanted or came != shots:
        raise UnreadableError(
            f"the result of a job has {sum(value.size for value in made[0])} values of {came} "
            f"shots instead of {sum(wanted)} of {shots}; its text is kept"
        )
    if not all(np.all(np.isfinite(value)) for values in made for value in values):
        raise UnreadableError("a value of the result of a job is not a number; its text is kept")
    errors = [_jackknife(np.stack([values[k] for values in made[1:]])) for k in range(len(wanted))]
    values, spreads = iter(made[0]), iter(errors)
    return [
        _values(one, [next(values) for _ in one.pubs], [next(spreads) for _ in one.pubs])
        for one in of
    ]


def _asked(request: Request, measured: Measured, pub: Pub, mark: str) -> Asked:
    observable, points = _observable(request), len(request.angles)
    place = physical_qubits(measured.circuit)
    words = [
        ("".join(word.letter(q) for q in word.qubits), [place[q] for q in word.qubits], c.real)
        for word, c in observable
        if word.qubits
    ]
    constant = sum(c.real for word, c in observable if not word.qubits)
    if not words:
        return Asked((), points, constant)
    circuit: QuantumCircuit = measured.circuit.remove_final_measurements(inplace=False)
    circuit.metadata = {MARK: mark}
    sums = SparsePauliOp.from_sparse_list(words, num_qubits=circuit.num_qubits)
    if not pub.values.shape[1]:
        return Asked(((circuit, sums),) * points, points, constant)
    values = {tuple(circuit.parameters): pub.values}
    return Asked(((circuit, sums, values),), points, constant)


def _size(pub: tuple[Any, ...]) -> int:
    return 1 if len(pub) == 2 else len(next(iter(pub[2].values())))


def _values(one: Asked, values: Sequence[Array], errors: Sequence[Array]) -> Values:
    if not one.pubs:
        return Values(np.full(one.points, one.constant), std_error=np.zeros(one.points))
    return Values(np.concatenate(values) + one.constant, std_error=np.concatenate(errors))


def _decoded(raw: str) -> Any:
    from qiskit_ibm_runtime.decoders.executor.decoder import ExecutorResultDecoder

    return ExecutorResultDecoder.decode(raw)


def _made(result: Any) -> list[Array]:
    """The values that the client makes of a result, one array a PUB."""
    from qiskit_ibm_runtime.decoders.executor_estimator.decoder import ClientSideEstimatorDecoder

    found = ClientSideEstimatorDecoder.decode(result)
    return [np.atleast_1d(np.asarray(one.data.evs, dtype=float)) for one in found]


def _without(result: Any, group: int) -> Any:
    """A result without the shots of one group."""
    data = [{name: _left(name, array, group) for name, array in item.items()} for item in result]
    return type(result)(data, result.metadata, result.passthrough_data)


def _left(name: str, array: Any, group: int) -> Any:
    """The first axis is that of randomizations, the last but one of what was measured of shots."""
    if len(array) > 1:
        return array[np.arange(len(array)) % GROUPS != group]
    if name != "_meas":
        return array
    return array[..., np.arange(array.shape[-2]) % GROUPS != group, :]


def _jackknife(left: Array) -> Array:
    """Standard errors from values without each group, shape (groups, points)."""
    deviations = left - left.mean(axis=0)
    found: Array = np.sqrt((GROUPS - 1) / GROUPS * np.sum(deviations**2, axis=0))
    return found


def _observable(request: Request) -> PauliSum:
    if not isinstance(request.measure, Expectation):
        raise InputError(f"an estimator answers Expectation, not {type(request.measure).__name__}")
    return request.measure.observable


def _shots(request: Request) -> int:
    if request.shots is None:
        raise InputError("an estimator counts bits: give shots=, the number for a whole batch")
    return int(request.shots[0])
