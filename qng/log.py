"""What happens inside, for whoever wants to follow it: loggers below "qng".

    import logging
    logging.basicConfig()
    logging.getLogger("qng").setLevel(logging.INFO)      # or DEBUG

INFO tells of runs, of the estimators that "auto" has become, of jobs, and of what is compiled;
DEBUG of every batch, undone step, kernel found on disk and circuit transpiled. Nothing is shown
where nobody asks, no result depends on it, and no record holds a token. On the command line `-v` is
INFO and `-vv` DEBUG.

Cost: a tenth of a microsecond for a record that nobody wants; one is never made for a point or an
entry of a matrix.
"""

from __future__ import annotations

import logging

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
