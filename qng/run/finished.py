"""Finished runs of comparisons in a ledger, so that none of them is done twice.

All runs on one problem stand in one entry of the ledger. Each is named by a digest of all that
decides its steps: problem, method, start, seed, executor, shots, the rules that end it, and the
version of qng. Functions of a user's are known by their names, and a stop rule also by its code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from qng import __version__
from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.plan.executor import Executor, Service
from qng.problem.problem import Problem
from qng.run.apart import Apart
from qng.run.codec import dumps, encoded, loads
from qng.run.durable.driven import settings_of, unknown_parts
from qng.run.many import Pair, Runs
from qng.run.recipe import Recipe, now, versions
from qng.run.results import Run
from qng.run.starts import from_start
from qng.run.stop import identity

if TYPE_CHECKING:
    from qng.run.ledger import Entry, Ledger

LABEL: Final = "compare"
"""What such an entry is called."""


class Finished:
    """The finished runs of one comparison, as a ledger has them.

    Args:
        book: The ledger.
        runs: All runs of the comparison.

    Raises:
        InputError: Something has no name by which it would be known again.
    """

    def __init__(self, book: Ledger, runs: Runs) -> None:
        self._book = book
        self._runs = runs
        self._names = _Names(runs)
        self._entry: Entry | None = None

    def _entries(self) -> list[Entry]:
        """Where runs on this problem stand; in several, where processes began at once."""
        from qng.run.ledger.entry import COMPARED

        problem, found = self._names.problem, self._book.entries()
        return [entry for entry in found if entry.terms.get(COMPARED) == problem]

    def found(self) -> dict[Pair, Run]:
        """The runs that are done.

        Raises:
            LedgerError: The ledger is damaged.
        """
        done = {}
        for entry in self._entries():
            for pair in self._runs.pairs:
                if pair not in done and (text := entry.kept(self._names.of(pair))) is not None:
                    done[pair] = cast(Run, loads(text, self._apart(pair)))
        return done

    def keep(self, pair: Pair, run: Run) -> None:
        """Keep a run that is done, in one transaction.

        Raises:
            LedgerError: The ledger cannot be written.
        """
        if self._entry is None:
            self._entry = next(iter(self._entries()), None) or self._begun(run)
        self._entry.keep(self._names.of(pair), dumps(run, self._apart(pair)))

    def _begun(self, run: Run) -> Entry:
        from qng.run.ledger import RunState
        from qng.run.ledger.entry import COMPARED

        made = cast(Recipe, run.made)
        recipe = replace(made, date=now(), versions=versions())
        return self._book.begin(
            recipe, label=LABEL, terms={COMPARED: self._names.problem}, status=RunState.FINISHED
        )

    def _apart(self, pair: Pair) -> Apart:
        """What all runs of a method have in common."""
        return Apart([self._runs.problem, self._runs.methods[pair[0]]])


class _Names:
    """The digests by which runs are known.

    Args:
        runs: All runs of a comparison.
    """

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        # Every run has a start of its own.
        problem = runs.problem
        circuits = isinstance(problem, Problem)
        plain = from_start(problem, None if circuits else np.zeros_like(problem.initial))
        self.problem = _digest(dumps(_named(plain, "the problem")))
        device = _device(runs.executor)
        self._methods = {
            label: _digest(
                self.problem,
                dumps(_named(method, f"the method {label}")),
                dumps((rules.steps, rules.tol, identity(rules.stop))),
                dumps(device),
                dumps(runs.shots[label]),
                __version__,
            )
            for label, (method, rules) in _joined(runs).items()
        }

    def of(self, pair: Pair) -> str:
        """That of a run."""
        label, k = pair
        return _digest(
            self._methods[label], dumps(self._runs.points[k]), dumps(self._runs.seed_of(pair))
        )


def _joined(runs: Runs) -> Mapping[str, Any]:
    return {label: (method, runs.rules[label]) for label, method in runs.methods.items()}


def _digest(*parts: str) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:32]


def _named(value: Any, what: str) -> Any:
    """A value whose functions and parts of a user's all have names of their own."""
    for name in unknown_parts(encoded(value)):
        if "<" in name:
            raise InputError(
                f"{what} has {name}, which has no name by which a ledger could know it again: "
                "define it at the top of a module, or leave the ledger out"
            )
    return value


def _device(executor: str | Executor | Service) -> Mapping[str, Any]:
    """How an executor is made.

    Raises:
        InputError: It is an object of which that is not known.
    """
    settings = settings_of(executor, executor_of(executor))
    if not settings:
        raise InputError(
            f"a ledger cannot know {executor_of(executor).name} again, which is an object: give "
            "the executor by its name, or leave the ledger out"
        )
    return settings
