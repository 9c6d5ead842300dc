"""Comparisons on several problems, one after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qng.run.comparison import Comparison
from qng.run.partial import error_in_words, keep_partial, partial_of
from qng.run.several import Comparisons

if TYPE_CHECKING:
    from qng.run.contest import Planned, Progress


def in_turn(planned: Mapping[str, Planned], progress: Progress | None) -> Comparisons:
    """Comparisons on several problems, or those that are done when it is cut.

    Args:
        planned: Each before it is done, by label.
        progress: Told (runs done, runs) of all.

    Raises:
        KeyboardInterrupt: Before a run was done.
        Exception: As `compare`; what is done is its attribute `partial`.
    """
    total = sum(one.n_runs for one in planned.values())
    done: dict[str, Comparison] = {}
    before = 0

    def told(number: int, _: int) -> None:
        if progress:
            progress(before + number, total)

    for label, one in planned.items():
        cut = f"interrupted at {label}, after {len(done)} of {len(planned)} problems"
        try:
            found = one.done(told)
        except KeyboardInterrupt:
            if not done:
                raise
            return Comparisons(done, cut)
        except Exception as error:
            if (left := partial_of(error)) is not None:
                done[label] = left
            if done:
                words = error_in_words(error)
                keep_partial(error, Comparisons(done, f"{words}, at {label}"))
            raise
        done[label] = found
        before += one.n_runs
        if found.interrupted:
            return Comparisons(done, cut)
    return Comparisons(done)
