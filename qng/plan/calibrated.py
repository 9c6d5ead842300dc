"""Errors of readout rates, which all circuits of a batch have in common.

What bits reduce to is computed with the rates as if they were exact, and its errors are those of
the shots. Rates that were measured have errors of their own: with x_k moved by its standard error
sigma_k, up and down, and nothing else,

    t_k = [f(x_k + sigma_k) - f(x_k - sigma_k)] / 2,     Cov(f)  +=  sum_k t_k t_k^T

for every number f: energies, gradients and metrics alike, whatever estimator they come from. So
two circuits that are corrected by the same rates err together, as they do.

In a rate every corrected mean is a polynomial of degree one (`readout.nudged`), so that t_k is the
derivative, exactly, up to degree two. Metrics have products of two means, which are too large by
the covariance that these have by the rates. That is subtracted,

    c = sum_k [f(x_k + sigma_k) + f(x_k - sigma_k) - 2 f] / 2,

and where means vanish, so that the t_k do, the square of a normal mean is left, whose variance is
2 c^2: it is one more source. What is left of a bias is that of gamma: a few hundredths of the
errors with 200 shots a calibration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from operator import attrgetter, itemgetter
from typing import Any, Protocol, TypeVar, cast, runtime_checkable

import numpy as np

from qng.geometry import Blocks, Dense, Diagonal, widened
from qng.plan.counts import Counts
from qng.plan.readout import Rate, Readout
from qng.plan.request import Result

T = TypeVar("T")

Pairs = Sequence[tuple[Any, Any]]
"""f(x_k + sigma_k) and f(x_k - sigma_k), one pair a rate."""


@runtime_checkable
class Uncertain(Protocol):
    """Numbers with errors, other than metrics: energies, gradients, curvatures."""

    def widened(self, pairs: Pairs, /) -> Any:
        """The same with the errors of further sources, each of which moves it by half of a pair.

        Args:
            pairs: Values of its own type: the source one standard error up, and down.
        """


def reduced(reduce: Callable[[Sequence[Result]], T], results: Sequence[Result]) -> T:
    """What counts reduce to, with the errors of the readout rates that correct them.

    Args:
        reduce: A pure function of the results.
        results: A tuple of `Counts` a request.

    Returns:
        As `reduce`. What is `Uncertain` is widened, also inside of mappings, sequences and
        dataclasses; other values stay as they are.

    Cost: 4 reductions more for every qubit that is corrected by measured rates.
    """
    readouts = {id(counts.readout): counts.readout for of in results for counts in of}
    rates = sorted({rate for readout in readouts.values() if readout for rate in readout.rates})
    if not rates:
        return reduce(results)

    def moved(rate: Rate | None, by: float) -> T:
        changed = {key: readout and readout.nudged(rate, by) for key, readout in readouts.items()}
        return reduce([_corrected(of, changed) for of in results])

    return cast(T, _widened(moved(None, 0.0), [(moved(k, 1.0), moved(k, -1.0)) for k in rates]))


def _corrected(of: Sequence[Counts], changed: Mapping[int, Readout | None]) -> Result:
    """The counts of a request, each with another readout for its own."""
    return tuple(replace(counts, readout=changed[id(counts.readout)]) for counts in of)


def _widened(found: Any, pairs: Pairs) -> Any:
    if isinstance(found, Uncertain):
        return found.widened(pairs)
    if isinstance(found, (Dense, Diagonal, Blocks)):
        ups, downs = (np.array([one.dense() for one in each]) for each in zip(*pairs))
        bend = np.sum(ups + downs - 2 * found.dense(), axis=0) / 2
        tensors = np.concatenate([(ups - downs) / 2, np.sqrt(2) * bend[None]])
        return widened(found, tensors, bend)
    if isinstance(found, Mapping):
        return {key: _part(itemgetter(key), found, pairs) for key in found}
    if isinstance(found, (tuple, list)):
        parts = [_part(itemgetter(k), found, pairs) for k in range(len(found))]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    if is_dataclass(found) and not isinstance(found, type):
        names = [field.name for field in fields(found) if field.init]
        return replace(found, **{name: _part(attrgetter(name), found, pairs) for name in names})
    return found


def _part(part: Callable[[Any], Any], found: Any, pairs: Pairs) -> Any:
    return _widened(part(found), [(part(up), part(down)) for up, down in pairs])
