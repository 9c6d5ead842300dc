"""The options of IBM's client-side estimator: what is mitigated, and with how many randomizations.

    resilience_level  0 nothing   1 readout errors (TREX)   2 and gates, by extrapolation (ZNE)

Everything else is nested as in `qiskit_ibm_runtime.options_models.EstimatorOptions`; PEC and PEA
take what was learned of the noise of the layers (`layer_noise_model`).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qng.errors import InputError
from qng.execute.qiskit.ibm.account import runtime_module
from qng.execute.qiskit.ibm.errors import tidy
from qng.execute.qiskit.ibm.estimating import GROUPS
from qng.plan.deal import Dealing

RANDOMIZATIONS: Final = 32
"""Of a circuit where something is twirled."""

CALIBRATING: Final = 8 * RANDOMIZATIONS
"""Of the circuit that calibrates the readout for TREX. As many as of the others would make all
errors of a job larger by a fifth, and let its points share them."""

_OURS: Final = {
    ("default_shots",): "shots are given for a whole batch (shots=)",
    ("default_precision",): "shots are given for a whole batch (shots=)",
    ("resilience_level",): "it is an argument of its own",
    ("simulator",): "what is drawn has the seed of the run",
    ("environment", "max_execution_time"): "give max_execution_time itself",
    ("environment", "private"): "the result of a private job can be read once only",
    ("resilience", "layer_noise_model"): "give layer_noise_model= itself",
}


def checked(level: int, options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Options as they are given to IBM's estimator, with ours where none are given.

    Args:
        level: resilience_level: 0, 1 or 2.
        options: The others, nested.

    Raises:
        InputError: Unknown or wrong ones, those that are given otherwise, or what is not JSON.
    """
    if level not in (0, 1, 2):
        raise InputError(f"resilience_level is 0, 1 or 2, not {level!r}")
    if options is not None and not isinstance(options, Mapping):
        raise InputError(f"options of the estimator are a dict, not {type(options).__name__}")
    for path, why in _OURS.items():
        if _at(options or {}, path) is not None:
            raise InputError(f"the option {'.'.join(path)} of the estimator is not taken: {why}")
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(options or {}), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError(f"options of the estimator are plain values: {error}") from error
    plain["resilience_level"] = level
    model(plain)
    if _at(plain, ("twirling", "shots_per_randomization")) not in (None, "auto"):
        raise InputError(
            "the option twirling.shots_per_randomization of the estimator is not taken: it follows "
            "from the shots and num_randomizations"
        )
    number = _at(plain, ("twirling", "num_randomizations"))
    if number in (None, "auto"):
        plain["twirling"] = {**(plain.get("twirling") or {}), "num_randomizations": RANDOMIZATIONS}
    elif number < GROUPS:
        raise InputError(
            f"twirling.num_randomizations is {GROUPS} at least, not {number}: standard errors come "
            "from the spread between randomizations"
        )
    learning = ("resilience", "measure_noise_learning", "num_randomizations")
    if _at(plain, learning) in (None, "auto"):
        resilience = dict(plain.get("resilience") or {})
        resilience["measure_noise_learning"] = {"num_randomizations": CALIBRATING}
        plain["resilience"] = resilience
    return plain


def model(
    options: Mapping[str, Any],
    shots: int | None = None,
    tags: Sequence[str] = (),
    most: float | None = None,
    layers: Any = None,
) -> Any:
    """IBM's own model of the options.

    Args:
        options: As `checked` gives them.
        shots: Of every point and basis.
        tags: Of the job.
        most: QPU seconds after which it is ended; None: no limit but that of the options.
        layers: What was learned of the noise of layers, pairs of a layer and its map.

    Raises:
        InputError: Those that the model does not take.
    """
    runtime_module()
    from qiskit_ibm_runtime.options_models.estimator import EstimatorOptions

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            found = EstimatorOptions(**options)
            if layers is not None:
                found.resilience.layer_noise_model = list(layers)
    except ValueError as error:
        told = getattr(error, "errors", None)
        first = told()[0] if callable(told) else {"msg": str(error)}
        where = ".".join(map(str, first.get("loc", ())))
        raise InputError(tidy(f"options of the estimator: {where}: {first['msg']}")) from error
    if shots is not None:
        found.default_shots = shots
    found.environment.job_tags = [*found.environment.job_tags, *tags]
    if most is not None:
        limits = [limit for limit in (found.max_execution_time, max(int(most), 1)) if limit]
        found.max_execution_time = min(limits)
    return found


def dealing(options: Mapping[str, Any]) -> Dealing:
    """Which numbers of shots a point has: as many in each group, or randomization."""
    from qiskit_ibm_runtime.executor_estimator.finalize_options import finalize_estimator_options

    twirling = finalize_estimator_options(model(options)).twirling
    twirls = twirling.enable_gates or twirling.enable_measure
    multiple = int(twirling.num_randomizations) if twirls else GROUPS
    return Dealing(uniform=True, multiple=multiple, means=True)


def _at(options: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        if not isinstance(options, Mapping) or name not in options:
            return None
        options = options[name]
    return options
