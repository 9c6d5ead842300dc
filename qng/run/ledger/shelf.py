"""What a run keeps for its cloud, by name: transpiled circuits, the layout, a session."""

from __future__ import annotations

from collections.abc import Mapping

from qng.run.ledger.store import Store


class LedgerShelf:
    """The shelf of a run, in the table of circuits; a `plan.cloud.Shelf`.

    Args:
        store: The ledger's file.
        run: The run's name.
    """

    def __init__(self, store: Store, run: str) -> None:
        self._store = store
        self._run = run

    def get(self, name: str) -> bytes | None:
        """What lies there."""
        row = self._store.row("circuits", run=self._run, name=name)
        return None if row is None else bytes(row["data"])

    def put(self, name: str, data: bytes) -> None:
        """Keep it, in the place of what was there."""
        self._store.put("circuits", run=self._run, name=name, data=data)

    def put_all(self, items: Mapping[str, bytes]) -> None:
        """Keep all of them or, where it is cut, none."""
        with self._store.transaction():
            for name, data in items.items():
                self.put(name, data)

    def names(self) -> list[str]:
        """What lies there, sorted."""
        return [row["name"] for row in self._store.rows("circuits", run=self._run)]
