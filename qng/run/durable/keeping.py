"""In which ledger a run is kept, and how its process waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qng import checks
from qng.optimize.method import Step
from qng.run.durable.patience import Patience

if TYPE_CHECKING:
    from qng.run.ledger import Ledger


def _nobody(run: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Keeping:
    """In which ledger a run is kept, and how its process waits.

    Args:
        ledger: The file, or the ledger.
        patience: How the process waits.
        shown: Hear of every step; they have no part in the run.
        began: Hears the name of the run once it is in the ledger.
    """

    ledger: str | PathLike[str] | Ledger
    patience: Patience = field(default_factory=Patience)
    shown: tuple[Callable[[Step], Any], ...] = ()
    began: Callable[[str], Any] = _nobody


@contextmanager
def opened(
    where: str | PathLike[str] | Ledger, create: bool = False, whole: bool = True
) -> Iterator[Ledger]:
    """A ledger to write in; closed in the end where it was opened here.

    Args:
        where: The file, or the ledger.
        create: Whether it is made where there is none.
        whole: Look at all of it; see `Ledger.open`.

    Raises:
        LedgerError: It cannot be used.
    """
    from qng.run.ledger import Ledger

    if isinstance(where, Ledger):
        yield where
    else:
        with Ledger.open(_path(where), create=create, whole=whole) as ledger:
            yield ledger


@contextmanager
def read(where: str | PathLike[str] | Ledger) -> Iterator[Ledger]:
    """A ledger to read only; closed in the end where it was opened here.

    Raises:
        LedgerError: It cannot be read.
    """
    from qng.run.ledger import Ledger

    if isinstance(where, Ledger):
        yield where
    else:
        with Ledger.reading(_path(where)) as ledger:
            yield ledger


def _path(where: Any) -> Path:
    return checks.path("ledger", where)
