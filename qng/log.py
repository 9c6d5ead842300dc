"""What happens inside, for whoever wants to follow it: loggers below "qng".

    import logging
    logging.basicConfig()
    logging.getLogger("qng").setLevel(logging.INFO)      # or DEBUG

INFO tells of runs, of the estimators that "auto" has become, of jobs, and of what is compiled;
DEBUG of every batch, undone step, kernel found on disk and circuit transpiled. Nothing is shown
where nobody asks, no result depends on it, and no record holds a token. On the command line `-v` is
INFO and `-vv` DEBUG.

Cost: a tenth of a microsecond for a record that nobody wants; one is never made for a point or an
entry of a matrix. What the processes of a comparison log is told where the comparison was started,
when a group of their runs is done, with the times at which it happened.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

logging.getLogger("qng").addHandler(logging.NullHandler())


def logger(name: str) -> logging.Logger:
    """The logger of a module.

    Args:
        name: Its `__name__`, which begins with "qng".
    """
    return logging.getLogger(name)


def wants_all(log: logging.Logger) -> bool:
    """Whether somebody wants to hear of every batch, so that it is worth making the record."""
    return log.isEnabledFor(logging.DEBUG)


def levels() -> dict[str, int]:
    """What somebody wants to hear, by logger, for a process that does part of the work."""
    known = logging.Logger.manager.loggerDict.items()
    asked = {
        name: log.level
        for name, log in known
        if name.startswith("qng.") and isinstance(log, logging.Logger) and log.level
    }
    return {"qng": logging.getLogger("qng").getEffectiveLevel()} | asked


@contextmanager
def gathered(asked: Mapping[str, int]) -> Iterator[list[logging.LogRecord]]:
    """Here records go into a list, ready to be sent to who wants them, and nowhere else.

    Args:
        asked: The levels there.
    """
    handler = _Gathering()
    before = {name: logging.getLogger(name).level for name in asked}
    log = logging.getLogger("qng")
    kept, log.handlers, outward, log.propagate = log.handlers, [handler], log.propagate, False
    for name, level in asked.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield handler.records
    finally:
        log.handlers, log.propagate = kept, outward
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def tell(records: Sequence[logging.LogRecord]) -> None:
    """Records of another process, as if they were made here."""
    for record in records:
        log = logging.getLogger(record.name)
        if log.isEnabledFor(record.levelno):
            log.handle(record)


class _Gathering(logging.Handler):
    """Keeps records, without what cannot be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One record, its message made."""
        sent = copy.copy(record)
        sent.msg, sent.args, sent.exc_info = record.getMessage(), None, None
        self.records.append(sent)
