"""The options of IBM's sampler, checked by its own model before anything is sent."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qng.errors import InputError, UnknownNameError
from qng.execute.qiskit.ibm.account import runtime_module
from qng.execute.qiskit.ibm.errors import tidy
from qng.plan.deal import Dealing

# What the client makes of the shots of a row where something is twirled and nothing else is said.
_TWIRLED: Final = 64

# Seconds that a job may be given, at most. Source: IBM, "Maximum execution time".
_LONGEST: Final = 10_800

_OURS: Final = {
    ("default_shots",): "shots are given for a whole batch (shots=)",
    ("simulator",): "a simulator is an executor of its own, such as fake_fez",
    ("environment", "max_execution_time"): "give max_execution_time itself",
    ("environment", "private"): "the result of a private job can be read once only, and a lost "
    "reply would be a lost result",
    ("execution", "meas_type"): "bits are counted, which is classified",
}


def checked(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options as they are given to IBM's sampler.

    Args:
        options: Of `qiskit_ibm_runtime.options_models.SamplerOptions`, nested: twirling,
            dynamical_decoupling, execution, max_execution_time, environment, experimental.

    Raises:
        InputError: Unknown or wrong ones, those that are given otherwise, or what is not JSON.
    """
    if options is None or options == {}:
        return {}
    if not isinstance(options, Mapping):
        raise InputError(f"options of the sampler are a dict, not {type(options).__name__}")
    for path, why in _OURS.items():
        if _has(options, path):
            raise InputError(f"the option {'.'.join(path)} of the sampler is not taken: {why}")
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(options), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError(f"options of the sampler are plain values: {error}") from error
    model(plain)
    twirling = plain.get("twirling") or {}
    both = ("num_randomizations", "shots_per_randomization")
    if _twirls(plain) and all(twirling.get(name, "auto") != "auto" for name in both):
        raise InputError(
            "give num_randomizations or shots_per_randomization, not both: their product would be "
            "the shots of every row, whatever is asked for"
        )
    return plain


def model(options: Mapping[str, Any], tags: Sequence[str] = (), most: float | None = None) -> Any:
    """IBM's own model of the options.

    Args:
        options: As `checked` gives them.
        tags: Of the job.
        most: QPU seconds after which it is ended; None: no limit but that of the options.

    Raises:
        InputError: Those that the model does not take.
    """
    runtime_module()
    from qiskit_ibm_runtime.options_models.sampler import SamplerOptions

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            found = SamplerOptions(**options)
    except ValueError as error:
        raise _wrong(error, SamplerOptions) from error
    found.environment.job_tags = [*found.environment.job_tags, *tags]
    if most is not None:
        limits = [limit for limit in (found.max_execution_time, max(int(most), 1)) if limit]
        found.max_execution_time = min(*limits, _LONGEST)
    return found


def dealing(options: Mapping[str, Any]) -> Dealing:
    """Which numbers of shots a row has: those that the client would make of it."""
    if not _twirls(options):
        return Dealing(uniform=True)
    twirling = options["twirling"]
    for name in ("shots_per_randomization", "num_randomizations"):
        if (number := twirling.get(name, "auto")) != "auto":
            return Dealing(uniform=True, multiple=int(number))
    return Dealing(uniform=True, multiple=_TWIRLED)


def _twirls(options: Mapping[str, Any]) -> bool:
    twirling = options.get("twirling") or {}
    return bool(twirling.get("enable_gates") or twirling.get("enable_measure"))


def _has(options: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    here: Any = options
    for name in path:
        if not isinstance(here, Mapping) or name not in here:
            return False
        here = here[name]
    return True


def _wrong(error: ValueError, kind: Any) -> InputError:
    """The first thing that is wrong, in words of the model.

    Args:
        error: Of pydantic.
        kind: The model.
    """
    told = getattr(error, "errors", None)
    if told is None:
        return InputError(f"options of the sampler: {tidy(error)}")
    first = told()[0]
    *above, name = map(str, first.get("loc") or ("",))
    if first.get("type") == "extra_forbidden":
        for part in above:
            kind = kind.model_fields[part].annotation
        names = [".".join((*above, known)) for known in kind.model_fields]
        return UnknownNameError("option of the sampler", ".".join((*above, name)), names)
    where = ".".join((*above, name))
    return InputError(tidy(f"options of the sampler: {where}: {first.get('msg', error)}"))
