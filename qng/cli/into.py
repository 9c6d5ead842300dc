"""What `qng compare --into FILE` takes from the file, where nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qng.errors import InputError

if TYPE_CHECKING:
    from qng.optimize.method import Method
    from qng.run.into import There


@dataclass(frozen=True)
class Kept:
    """A comparison in a file, to which something is added.

    Args:
        file: The file.
        there: What is there, by the label of the problem; "" of one problem alone.
    """

    file: Path
    there: Mapping[str, There]

    @staticmethod
    def of(file: Path | None) -> Kept | None:
        """What a file has; None where there is none.

        Raises:
            InputError: It holds no comparison, or one to which nothing can be added.
        """
        if file is None or not file.exists():
            return None
        from qng.run.comparison import Comparison
        from qng.run.into import There
        from qng.run.saved import load_run
        from qng.run.several import Comparisons

        found: Any = load_run(file)
        if isinstance(found, Comparison):
            return Kept(file, {"": There.of(found)})
        if isinstance(found, Comparisons):
            return Kept(file, {label: There.of(one) for label, one in found.problems.items()})
        raise InputError(f"{file} holds a {type(found).__name__}, and no comparison")

    @property
    def first(self) -> There:
        """The first comparison."""
        return next(iter(self.there.values()))

    @property
    def problems(self) -> list[Any]:
        """Those of the file."""
        return [there.problem for there in self.there.values()]

    @property
    def methods(self) -> dict[str, Method]:
        """Those of the file, by label."""
        return {label: terms.method for label, terms in self.first.terms.items()}

    @property
    def starts(self) -> int:
        """How many."""
        return len(self.first.comparison.starts)

    def settings(self, labels: Iterable[str], given: set[str]) -> dict[str, Any]:
        """What nothing is said of, as the file has it.

        Args:
            labels: Of the methods that are compared.
            given: The options that are given.

        Raises:
            InputError: The runs of the file have several values, or its executor is an object.
        """
        terms, found = self.first.terms, dict[str, Any]()
        columns: dict[str, dict[str, Any]] = {
            "steps": {label: of.rules.steps for label, of in terms.items()},
            "tol": {label: of.rules.tol for label, of in terms.items()},
            "shots": {label: of.shots for label, of in terms.items()},
        }
        said = given | ({"shots"} if "shots_per_circuit" in given else set())
        for name, known in columns.items():
            if name not in said:
                found[name] = {label: _of(name, label, known) for label in labels}
        if "seed" not in given:
            found["seed"] = self.first.seed
        if "executor" not in given and "mitigate" not in given:
            from qng.run.again import Given

            made = self.first.made
            found["executor"] = Given().executor_of(made)
            if set(made.settings) == {"name"}:
                found["executor"] = made.settings["name"]
        return found


def _of(name: str, label: str, known: Mapping[str, Any]) -> Any:
    """The value of a method, or that which all have."""
    if label in known:
        return known[label]
    values = list(dict.fromkeys(known.values()))
    if len(values) > 1:
        raise InputError(f"{name} differ by method in the file: give --{name} for {label}")
    return values[0]
