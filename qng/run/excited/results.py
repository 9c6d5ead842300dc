"""Several levels of one Hamiltonian, as `ssvqe` and `vqd` find them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qng.arrays import Array
from qng.run.excited.made import Sought
from qng.run.judge import DEVIATIONS, deviations
from qng.run.results import Goal, Run
from qng.run.saved import save_run

if TYPE_CHECKING:
    from qng.report.notebook import Picture

SAME: Final = 0.5
"""An overlap above which a state is one that was known already."""

OUTSIDE: Final = 0.01
"""A mean of sum_i (S_i - s_i)^2 above which a state is not in its sector."""


@dataclass(frozen=True, eq=False, repr=False)
class ExcitedStates:
    """Levels, the lowest first as they were asked for, each with its error.

    Args:
        method: "ssvqe" or "vqd".
        goal: What H is called, and the accuracy; its reference is the lowest level.
        energies: <H> of every state, shape (K,), measured freshly after the last step.
        std_error: Of these, shape (K,); None where exact. Errors of different states are
            independent, but for those of readout rates.
        points: theta of every state, shape (K, P), radians; one point for all with `ssvqe`.
        exact: <H> at these points without shots and noise, shape (K,), where that is cheap and
            `energies` are not it; else None.
        levels: The K lowest eigenvalues, as often as each is there, shape (K,); None where they
            are not known.
        overlaps: |<psi_j|psi_k>|^2, shape (K, K), symmetric.
        overlap_errors: Standard errors of these; None where exact.
        weights: w_k of `ssvqe`; of `vqd` beta_j of the states below the last one.
        references: The computational states that `ssvqe` began with, qubit 0 on the right.
        runs: One of `ssvqe`, one a state of `vqd`: the best of those from all starts.
        message: What is to be distrusted, or that nothing was noticed.
        nfev: Circuit evaluations of all runs, from all starts, and of what was measured at the end;
            an exact sweep counts as one.
        shots: Likewise; 0 where exact.
        outside: The mean of sum_i (S_i - s_i)^2 over the symmetries that were asked for, of every
            state without shots and noise, shape (K,): 0 in their sector. None where there are none,
            or where it is not cheap.
        made: How they were looked for.
        ritz: The eigenvalues of H in the span of the states, without shots and noise, ascending,
            shape (K,): what is left of the errors once states that are mixed are taken apart. NaN
            where states are not independent; None where it is not cheap.
        done: How many states were looked for to the end; a last one may have been cut.
        exact_overlaps: `overlaps` without shots and noise, where `exact` is known; else None. Noise
            makes measured ones smaller, so that a state that was found twice may look like two.
    """

    method: str
    goal: Goal
    energies: Array
    std_error: Array | None
    points: Array
    exact: Array | None
    levels: Array | None
    overlaps: Array
    overlap_errors: Array | None
    weights: Array
    references: tuple[str, ...]
    runs: tuple[Run, ...]
    message: str
    nfev: int = 0
    shots: int = 0
    outside: Array | None = None
    made: Sought | None = None
    done: int = 0
    ritz: Array | None = None
    exact_overlaps: Array | None = None

    def __len__(self) -> int:
        return len(self.energies)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows())

    @property
    def interrupted(self) -> str:
        """Where the search was cut, in words; empty where it was not."""
        if self.made is None or self.done >= self.made.states:
            return ""
        cut = f": cut in state {self.done}" if len(self) > self.done else ""
        return f"{self.done} of {self.made.states} states{cut}"

    @property
    def excitations(self) -> Array:
        """E_k - E_0, shape (K,)."""
        return np.asarray(self.energies - self.energies[0])

    @property
    def excitation_errors(self) -> Array | None:
        """Standard errors of `excitations`; None where exact."""
        if self.std_error is None:
            return None
        found = np.sqrt(self.std_error**2 + self.std_error[0] ** 2)
        found[0] = 0.0
        return np.asarray(found)

    @property
    def errors(self) -> Array | None:
        """|E_k - e_k| of every state, shape (K,); None where levels are not known.

        Of exact energies, or of those without shots and noise at the same points where these are
        cheap; else with two standard errors added.
        """
        if self.levels is None:
            return None
        if self.exact is not None:
            return np.asarray(np.abs(self.exact - self.levels))
        wide = 0.0 if self.std_error is None else DEVIATIONS * self.std_error
        return np.asarray(np.abs(self.energies - self.levels) + wide)

    @property
    def solved(self) -> tuple[bool, ...] | None:
        """Which states are within the accuracy of their levels; None where these are not known.

        A state that is mostly one below it (an overlap above 1/2) is none of its own, and is not;
        nor is one outside of the sector.
        By exact energies, or by |E_k - e_k| + z s_k, with which a set none of whose states is
        within the accuracy has one that is called solved in at most 2.3 % of cases.
        """
        errors = self.errors
        if errors is None or self.levels is None:
            return None
        if self.exact is None and self.std_error is not None:
            z = deviations(len(self))
            errors = np.abs(self.energies - self.levels) + z * self.std_error
        return tuple(
            bool(error <= self.goal.accuracy and self._is_own(k)) for k, error in enumerate(errors)
        )

    def _is_own(self, k: int) -> bool:
        """Whether a state is none of those below it, and in the sector."""
        left = self.outside is not None and self.outside[k] > OUTSIDE
        return not left and not self._was_found(k)

    def _was_found(self, k: int) -> bool:
        """Whether a state is mostly one below it."""
        known = self.overlaps if self.exact_overlaps is None else self.exact_overlaps
        return bool(max(known[k, :k], default=0.0) > SAME)

    def rows(self) -> list[dict[str, Any]]:
        """A dictionary for every state, as a data frame takes it."""
        errors, solved = self.errors, self.solved
        return [
            {
                "state": k,
                "energy": float(self.energies[k]),
                "std_error": None if self.std_error is None else float(self.std_error[k]),
                "excitation": float(self.excitations[k]),
                "level": None if self.levels is None else float(self.levels[k]),
                "error": None if errors is None else float(errors[k]),
                "solved": None if solved is None else solved[k],
                "overlap": float(max(self.overlaps[k, :k], default=0.0)),
            }
            for k in range(len(self))
        ]

    def to_dataframe(self) -> Any:
        """The states as a data frame of pandas, one row each; see `rows`.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        from qng.report.forms import frame

        return frame(self)

    def to_latex(self, *, caption: str | None = None, label: str | None = None) -> str:
        """The states as LaTeX, in the package booktabs.

        Args:
            caption: In LaTeX; by default the title, and what a reader of the table has to know.
            label: By default "tab:" and what it is a table of.

        Raises:
            InputError: The label has other characters than letters, digits and :._+-
        """
        from qng.report.forms import latex

        return latex(self, caption=caption, label=label)

    def to_markdown(self) -> str:
        """The states as Markdown, with what is to be distrusted."""
        from qng.report.forms import markdown

        return markdown(self)

    def plot(self, kind: str | None = None, **options: Any) -> Picture:
        """The levels beside the exact ones, and their errors; `qng.report.plots.save` keeps it.

        Raises:
            UnknownNameError: No such picture, or option.
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, kind, **options)

    def save(self, path: str | PathLike[str]) -> None:
        """Keep it in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)

    def why_not(self, k: int) -> str:
        """Why a state that is not solved is not, in words."""
        if self._was_found(k):
            return "found before"
        return "not within the accuracy" if self._is_own(k) else "outside of the sector"

    def _repr_html_(self) -> str:
        from qng.report.notebook import excited_html

        return excited_html(self)

    def __repr__(self) -> str:
        return f"ExcitedStates({self.goal.name!r}, {self.method!r}, states={len(self)})"

    def __str__(self) -> str:
        unit = f" ({self.goal.unit})" if self.goal.unit else ""
        known = self.levels is not None
        lines = [f"state  energy{unit}" + ("  |  level  error" if known else "")]
        for row in self.rows():
            spread = "" if row["std_error"] is None else f" +- {row['std_error']:.1g}"
            line = f"{row['state']:5d}  {row['energy']:.6f}{spread}"
            if known:
                line += f"  |  {row['level']:.6f}  {row['error']:.1e}"
                line += "" if row["solved"] else f" ({self.why_not(row['state'])})"
            lines.append(line)
        cut = [self.interrupted] if self.interrupted else []
        return "\n".join([*lines, *cut, self.message])
