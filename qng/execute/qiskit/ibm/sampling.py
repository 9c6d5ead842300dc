"""IBM's client-side sampler as one function that sends PUBs and one that reads what comes back.

    PUBs -> POST /jobs -> text of the result -> tallies, one a row

Preparation and post-processing are the client's own; both run here, without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from qng.errors import UnreadableError
from qng.execute.qiskit import tallies
from qng.execute.qiskit.ibm import options as sampler
from qng.execute.qiskit.ibm.errors import tidy
from qng.execute.qiskit.runners import Pub
from qng.execute.qiskit.tallies import Tally
from qng.execute.qiskit.transpile import REGISTER, quiet

MARK: Final = "qng"
"""Under this name a circuit carries whose it is, which the service gives back with the result."""

# The name of the device and the tags.
_ENVELOPE: Final = 250


def coerced(pubs: Sequence[Pub], mark: str) -> list[tuple[Any, ...]]:
    """PUBs as IBM's sampler takes them, each with the name of its batch.

    Args:
        pubs: What is run.
        mark: The name.
    """
    found: list[tuple[Any, ...]] = []
    for pub in pubs:
        circuit = pub.circuit.copy()
        circuit.metadata = {MARK: mark}
        marked = Pub(circuit, pub.values, pub.shots)
        found += [(*one, pub.shots) for one in marked.as_qiskit()]
    return found


def program(pubs: Sequence[Pub], options: Mapping[str, Any], mark: str) -> tuple[Any, Any]:
    """What the client makes of PUBs, and its options, before it sends them.

    Args:
        pubs: What is run.
        mark: The name of the batch.
        options: As `options.checked` gives them; dynamical decoupling is left out, which needs the
            device and changes no number.
    """
    from qiskit_ibm_runtime.executor_sampler.prepare import prepare

    model = sampler.model({**options, "dynamical_decoupling": {}})
    with quiet():
        made, executor = prepare(coerced(pubs, mark), model)
    return made, executor


def executions(made: Any) -> int:
    """Shots of all rows of a program, as the device runs them."""
    return int(made.shots) * sum(int(item.size()) for item in made.items)


def payload(made: Any, options: Any) -> int:
    """Bytes of a program as it is sent."""
    from qiskit_ibm_runtime.quantum_program.params_converters import (
        QUANTUM_PROGRAM_PARAMS_CONVERTERS,
    )

    *_, newest = QUANTUM_PROGRAM_PARAMS_CONVERTERS.values()
    with quiet():
        return _ENVELOPE + len(newest.encoder(made, options).model_dump_json())


def sender(pubs: Sequence[Pub], options: Any, mark: str) -> Callable[[Any], str]:
    """What sends a job, by one POST: from a backend or a session to the id of the job.

    Args:
        pubs: What is run.
        options: The client's model of them, with the tags.
        mark: The name of the batch.
    """
    from qiskit_ibm_runtime.executor_sampler import Sampler

    sent = coerced(pubs, mark)
    return lambda mode: str(Sampler(mode=mode, options=options).run(sent).job_id())


def read(raw: str, pubs: Sequence[Pub], mark: str) -> list[list[Tally]]:
    """What was counted, one tally a row of every PUB.

    Args:
        raw: The result as the service gave it.
        pubs: What was run.
        mark: The name of the batch.

    Raises:
        UnreadableError: A text that is no result, of another batch, or with other numbers of rows,
            shots or bits than were asked for.
    """
    from qiskit_ibm_runtime.decoders.defaults import DEFAULT_DECODERS

    wanted = [
        (rows, pub.shots, len(pub.circuit.clbits))
        for pub in pubs
        for rows in ([len(pub.values)] if pub.values.shape[1] else [1] * len(pub.values))
    ]
    chain: Any = DEFAULT_DECODERS["executor"]
    # One that does it all, before version 0.51.
    first, *others = chain if isinstance(chain, Sequence) else [chain]
    try:
        with quiet():
            decoded: Any = first.decode(raw)
            circuits = len(decoded)
            if circuits != len(wanted):
                raise UnreadableError(
                    f"the result of a job has {circuits} circuits instead of {len(wanted)}"
                )
            for decoder in others:
                if decoder.is_applicable(decoded):
                    decoded = decoder.decode(decoded)
        found = [one.data[REGISTER] for one in decoded]
        marks = [one.metadata["circuit_metadata"].get(MARK) for one in decoded]
    except UnreadableError:
        raise
    except Exception as error:
        raise UnreadableError(
            f"the result of a job cannot be read ({type(error).__name__}: {tidy(error, 120)})"
        ) from error
    if any(one != mark for one in marks):
        raise UnreadableError("the result of a job is that of another batch")
    came = [(int(bits.size), int(bits.num_shots), int(bits.num_bits)) for bits in found]
    if came != wanted:
        raise UnreadableError(f"the result of a job has {_shape(came)} instead of {_shape(wanted)}")
    counted = (tally for bits in found for tally in tallies.of_bits(bits))
    return [[next(counted) for _ in pub.values] for pub in pubs]


def _shape(numbers: Sequence[tuple[int, int, int]]) -> str:
    rows = sum(rows for rows, *_ in numbers)
    shots = "/".join(map(str, sorted({shots for _, shots, _ in numbers})))
    bits = "/".join(map(str, sorted({bits for *_, bits in numbers})))
    return f"{rows} rows of {shots} shots and {bits} bits"
