"""Findings from the evidence: each with its rule, which is a decision at a stated level.

Exact numbers are compared as they are. Sampled ones are decided by 2.58 standard errors, so that
each decision is wrong in at most 0.5 % of the cases, whatever is true; what they do not decide is
left open. Energies count from the accuracy of the problem on, a: what gains less is no reason.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qng.run.diagnosis.causes import blind_metric, long_step, noise, shot_floor
from qng.run.diagnosis.ends import descending, local_minimum, minimum, shallow, solved
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import NAMES, Finding
from qng.run.diagnosis.shape import no_influence, null_space, plateau, saddle, singular_point

# What the end of a basin has to explain of the error to be named before the way there.
_MOST_OF_IT: Final = 0.5


def findings(e: Evidence) -> tuple[Finding, ...]:
    """All findings, those that hold first, the most useful cause first."""
    found = [rule(e) for rule in _RULES]
    order = list(NAMES)
    gain, error = e.gain, e.bottom_error
    if gain is not None and error is not None and gain.value < _MOST_OF_IT * (gain.value + error):
        order.remove("descending")
        order.insert(order.index("minimum") + 1, "descending")
    rank = {True: 0, None: 1, False: 2}
    return tuple(sorted(found, key=lambda f: (rank[f.holds], order.index(f.name))))


_RULES: Final[tuple[Callable[[Evidence], Finding], ...]] = (
    noise,
    solved,
    no_influence,
    blind_metric,
    long_step,
    saddle,
    plateau,
    shot_floor,
    singular_point,
    descending,
    local_minimum,
    shallow,
    minimum,
    null_space,
)
