"""How a run halts: what its ledger says of it then, and how it goes on."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from qng.errors import RefusedError
from qng.run.durable.patience import Patience
from qng.run.durable.waiting import Broken, Parked, Waiting, line
from qng.run.ledger.entry import Entry
from qng.run.ledger.rows import BatchRow, BatchState

T = TypeVar("T")

_NOT_SENT: Final = "nothing was sent"

LEDGER: Final = "qng-runs.db"
"""Where runs are kept where nothing else is said."""


def go_on(run: str, ledger: Path, command: str = "resume") -> str:
    """The command with which a run goes on.

    Example:
        >>> go_on("1a2b3c4d5e", Path("qng-runs.db"))
        'qng resume 1a2b3c4d'
    """
    here, path = Path.cwd(), ledger.absolute()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    where = "" if shown == Path(LEDGER) else f" --ledger {shlex.quote(str(shown))}"
    return f"qng {command} {run[:8]}{where}"


def go_on_with(run: str, ledger: Path, own: Sequence[str], flag: str = "") -> str:
    """How a run goes on, from Python where objects of the user's are needed, which no command has.

    Args:
        run: Its name.
        ledger: Where it is kept.
        own: What has to be given again, as "executor=mine".
        flag: Of the command, such as "--adopt JOB".

    Example:
        >>> go_on_with("1a2b3c4d5e", Path("qng-runs.db"), (), "--resend")
        'qng resume 1a2b3c4d --resend'
        >>> go_on_with("1a2b3c4d5e", Path("qng-runs.db"), ("executor=ionq",), "--resend")
        'qng.resume("1a2b3c4d", executor=..., resend=True)'
    """
    if not own:
        return f"{go_on(run, ledger)} {flag}".rstrip()
    given = [f'"{run[:8]}"'] + ([] if ledger == Path(LEDGER) else [f'ledger="{ledger}"'])
    given += dict.fromkeys(f"{name.partition('=')[0]}=..." for name in own)
    name, _, value = flag.removeprefix("--").replace("-", "_").partition(" ")
    given += [f"{name}={value or True}"] if name else []
    return f"qng.resume({', '.join(given)})"


@dataclass(frozen=True)
class Halts:
    """Makes the errors with which a run halts, and notes them.

    Args:
        entry: The run in its ledger.
        patience: How this process waits.
    """

    entry: Entry
    patience: Patience

    @property
    def command(self) -> str:
        """How the run goes on."""
        return self.command_with("")

    def command_with(self, flag: str) -> str:
        """How the run goes on with a flag, such as "--adopt JOB"."""
        return go_on_with(self.entry.run, self.entry.store.path, self.entry.own, flag)

    @property
    def later(self) -> str:
        """How the run goes on, for the end of a line."""
        return f"{self.command} goes on"

    def reached(self, row: BatchRow, ask: Callable[[], T], safe: str) -> T:
        """What a cloud says, as `Patience.reached`; a pause is noted.

        Args:
            row: The batch.
            ask: Asks the cloud.
            safe: What is safe meanwhile.

        Raises:
            RefusedError: The cloud refuses.
            Waiting: It says that it cannot now, or does not answer.
        """
        try:
            return self.patience.reached(ask, safe, self.later)
        except Parked as error:
            raise self.parked(row, str(error)) from error

    def parked(self, row: BatchRow, message: str) -> Parked:
        """The run cannot go on now; a batch that was not sent is parked with it."""
        with self.entry.store.transaction():
            if row.state in (BatchState.PLANNED, BatchState.PARKED):
                self.entry.mark(row.number, BatchState.PARKED, message=message)
            self.entry.parked(message)
        return Parked(message)

    def broken(self, row: BatchRow, state: BatchState, message: str) -> Broken:
        """The run does not go on by itself."""
        with self.entry.store.transaction():
            self.entry.mark(row.number, state, message=message)
            self.entry.failed(message)
        return Broken(message)

    def refused(self, row: BatchRow, error: RefusedError) -> Waiting:
        """A batch was refused before a job was made."""
        if error.retranspile:
            return self.parked(
                row,
                line(
                    error,
                    _NOT_SENT,
                    f"{self.command_with('--retranspile')} makes the circuits anew and goes on",
                ),
            )
        return self.broken(row, BatchState.PLANNED, line(error, _NOT_SENT, self.later))
