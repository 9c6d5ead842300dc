"""What was found out about a point: evidence, findings, a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from qng.arrays import Array, same
from qng.models.library import names
from qng.problem.library import library
from qng.run.diagnosis.evidence import Evidence
from qng.run.diagnosis.finding import Finding
from qng.run.made import Origin
from qng.run.saved import save_run

if TYPE_CHECKING:
    from qng.report.notebook import Picture

# Radians by which a better start is moved off a symmetry.
_ASIDE: Final = 0.05

UNKNOWN = "undecided"
"""The verdict where no rule holds."""


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis:
    """Why a run does not converge.

    Args:
        evidence: What is known of the point.
        findings: All of them, those that hold first, the most useful cause first.
        made: Of which problem, at which point, how.
    """

    evidence: Evidence
    findings: tuple[Finding, ...]
    made: Origin

    def __eq__(self, other: object) -> bool:
        return same(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.verdict, self.made.problem.name))

    @property
    def held(self) -> tuple[Finding, ...]:
        """What holds, the most useful cause first."""
        return tuple(finding for finding in self.findings if finding.holds)

    @property
    def open(self) -> tuple[Finding, ...]:
        """What the evidence does not decide."""
        return tuple(finding for finding in self.findings if finding.holds is None)

    @property
    def verdict(self) -> str:
        """The name of the first finding that holds; "undecided" where none does."""
        return self.held[0].name if self.held else UNKNOWN

    @property
    def words(self) -> str:
        """The verdict in a sentence."""
        if not self.held:
            return "undecided: no rule holds on this evidence"
        first = self.held[0]
        return f"{first.title}: {first.says}"

    @property
    def change(self) -> str:
        """What to do about it."""
        if self.held:
            return self.advice(self.held[0])
        if self.evidence.energy.std_error and self.evidence.ground == "exact":
            return "more samples, or a model that sums exactly"
        if self.evidence.ground == "exact":
            return "minimisations, from here and from other starts: --starts 5"
        return "more shots, or an exact simulator"

    @property
    def title(self) -> str:
        """One line for tables and plots."""
        problem = self.made.problem
        return f"{problem.title or problem.name or 'a problem'}: why it does not converge"

    @property
    def escape(self) -> Array | None:
        """A better point to start from, shape (P,): down a saddle, or the best of other starts."""
        e = self.evidence
        names = [finding.name for finding in self.held]
        problem = self.made.problem
        x = self.made.theta[problem.free]
        if "saddle" in names and e.drop_change is not None:
            # What a symmetry holds at a saddle it would hold at the next one.
            aside = np.random.default_rng(self.made.seed).normal(0, _ASIDE, len(x))
            return problem.expand(x + e.drop_change + aside, self.made.theta)
        if "local-minimum" in names and e.best is not None:
            return problem.expand(e.best, self.made.theta)
        return None

    @property
    def settings(self) -> dict[str, Any]:
        """What to change as arguments of `qng.minimize`: of the verdict, with `escape` as start.

        Those of the run that are not in it stay. Of steps alone they are those of `run.resumed`,
        too. Empty where it cannot be said so.
        """
        found = dict(self.held[0].settings) if self.held else {}
        if self.verdict in ("saddle", "local-minimum") and self.escape is not None:
            found["start"] = self.escape
        return found

    def advice(self, finding: Finding) -> str:
        """What to do about a finding, with the name of the problem."""
        name = self.made.problem.name
        known = name in library() or name in names()
        said = finding.change.replace("{problem}", name if known else "PROBLEM")
        frozen = len(self.made.problem.frozen)
        if finding.name in ("shallow", "no-influence") and frozen:
            said += f"; or train more parameters: {frozen} are frozen"
        return said

    def save(self, path: str | PathLike[str]) -> None:
        """Keep it in a file, which `qng.load_run` reads.

        Raises:
            QngError: The file cannot be written.
        """
        save_run(self, path)

    def to_dataframe(self) -> Any:
        """The numbers of the evidence as a data frame of pandas, one row each.

        Raises:
            MissingPackageError: pandas is not installed.
        """
        from qng.report.forms import frame

        return frame(self)

    def to_latex(self) -> str:
        """Verdict, evidence and findings as LaTeX, in the package booktabs."""
        from qng.report.forms import latex

        return latex(self)

    def to_markdown(self) -> str:
        """Verdict, evidence and findings as Markdown."""
        from qng.report.forms import markdown

        return markdown(self)

    def plot(self) -> Picture:
        """The evidence as a picture, which a notebook shows.

        Raises:
            MissingPackageError: Matplotlib is not installed.
        """
        from qng.report.notebook import plot

        return plot(self, None)

    def __repr__(self) -> str:
        e = self.evidence.slope
        error = f" +- {e.std_error:.2g}" if e.std_error else ""
        return (
            f"Diagnosis({self.made.problem.name!r}, {self.verdict!r}, "
            f"slope={e.value:.4g}{error}: {self.words})"
        )

    def _repr_html_(self) -> str:
        from qng.report.notebook import diagnosis_html

        return diagnosis_html(self)
