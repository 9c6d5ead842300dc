"""One SQLite file for many runs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from qng.errors import InputError, shown
from qng.run.ledger import opening, pace
from qng.run.ledger.entry import Entry
from qng.run.ledger.errors import LedgerError, NoLedgerError
from qng.run.ledger.rows import RunState, document, plain
from qng.run.ledger.store import Store
from qng.run.recipe import Recipe, now


class Ledger:
    """One SQLite file for many runs: `Ledger.open`, or `Ledger.reading` where nothing is written.

    Args:
        path: The file.
        store: It, where it is open; None while it is not made yet.
    """

    def __init__(self, path: Path, store: Store | None) -> None:
        self.path = path
        self._store = store
        self._posted: list[int] = []

    @staticmethod
    def open(path: str | Path, *, create: bool = False, whole: bool = True) -> Ledger:
        """Open a ledger, once it is known to be whole and of a version that this qng knows.

        Args:
            path: The file.
            create: Whether it is made where there is none, with the first run.
            whole: Look at all of it; else at its version and its tables only.

        Raises:
            NoLedgerError: There is none.
            LedgerError: It cannot be used; it is left as it is.
        """
        place = _place(path)
        if create and not os.path.exists(place):
            if not place.absolute().parent.is_dir():
                raise NoLedgerError(f"there is no folder {place.absolute().parent} for a ledger")
            return Ledger(place, None)
        return Ledger(place, opening.writable(place, whole))

    @staticmethod
    def reading(path: str | Path) -> Ledger:
        """Open a ledger that is not written, not even where that could be.

        Raises:
            NoLedgerError: There is none.
            LedgerError: It cannot be read.
        """
        place = _place(path)
        return Ledger(place, opening.reading(place))

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()

    def begin(
        self,
        recipe: Recipe,
        *,
        label: str,
        settings: Mapping[str, Any] | None = None,
        terms: Mapping[str, Any] | None = None,
        own: Sequence[str] = (),
        status: RunState = RunState.RUNNING,
    ) -> Entry:
        """A new run; where the file is new, it is made with it, at once.

        Args:
            recipe: How it is made.
            label: What its method is called.
            settings: How its executor is made, plain JSON; empty for an object of the user's.
            terms: Budget, pace and patience, plain JSON.
            own: Functions and objects of the user's that are needed to go on.
            status: Where it is.
        """
        columns = {
            "run": uuid4().hex,
            "label": label,
            "created": now(),
            "status": status,
            "message": "",
            "recipe": document(recipe),
            "settings": plain(settings or {}),
            "terms": plain(terms or {}),
            "own": json.dumps(list(own)),
        }
        if self._store is None:
            with closing(opening.created(self.path)) as made:
                made.insert("runs", number=1, **columns)
                fresh = opening.placed(self.path, made.image())
            self._store = opening.writable(self.path)
            if fresh:
                return Entry(self._store, str(columns["run"]))
        with self._store.transaction():
            number = 1 + max((row["number"] for row in self._store.rows("runs")), default=0)
            self._store.insert("runs", number=number, **columns)
        return Entry(self._store, str(columns["run"]))

    def entry(self, run: str | None = None) -> Entry:
        """A run.

        Args:
            run: The beginning of its name; None: the newest that is not over, else the newest.

        Raises:
            NoLedgerError: There is none, or there are several.
        """
        found = self.entries()
        if not found:
            raise NoLedgerError(f"there is no run in {self.path}")
        if run is None:
            return next((entry for entry in found if not entry.is_over), found[0])
        matching = [entry for entry in found if run and entry.run.startswith(run.lower())]
        if len(matching) == 1:
            return matching[0]
        if matching:
            names = ", ".join(entry.run[:12] for entry in matching[:4])
            raise NoLedgerError(f"several runs in {self.path} begin with {run}: {names}")
        raise NoLedgerError(f"there is no run {run} in {self.path}: see qng runs")

    def entries(self) -> list[Entry]:
        """All runs, the newest first."""
        if self._store is None:
            return []
        rows = sorted(self._store.rows("runs"), key=lambda row: -row["number"])
        return [Entry(self._store, row["run"]) for row in rows]

    def may_post(self, limit: float) -> float:
        """Whether a job may be made now, which is noted if so.

        Args:
            limit: Jobs within any minute, of all processes that use this ledger.

        Returns:
            0 where it may; else the seconds to wait before asking again.
        """
        if self._store is None:
            raise LedgerError(f"there is no run in {self.path} yet")
        seconds, number = pace.may_post(self._store, limit)
        self._posted += [number] if number else []
        return seconds

    def posted(self) -> None:
        """What `may_post` gave leave for has been answered, maybe long after that."""
        while self._store is not None and self._posted:
            pace.posted(self._store, self._posted.pop())


def _place(path: str | Path) -> Path:
    """Where a file is: one place has one name, so that one lock serves it."""
    try:
        return Path(os.path.realpath(path))
    except (TypeError, ValueError, OSError) as error:
        raise InputError(f"a ledger is given by the name of its file, not {shown(path)}") from error
