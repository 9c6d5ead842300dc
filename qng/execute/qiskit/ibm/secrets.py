"""What must not be shown: tokens, and the account number that stands in the name of an instance.

Tokens that this process has seen are taken out of every message of ours, and out of what the client
and the libraries below it log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final

_HIDDEN: Final[set[str]] = set()
_LEAST: Final = 4

_TOKENS: Final = re.compile(r"\b(Bearer|apikey|apikey=)\s*[^\s'\",&]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_PLACES: Final = re.compile(r"\bcrn:[^\s'\",)\\]*|\ba/[0-9a-f]{32}\b")

_LOGGERS: Final = ("ibm-cloud-sdk-core", "urllib3.connectionpool", "urllib3.util.retry")
_CLIENT: Final = "qiskit_ibm_runtime"
_OURS: Final = "qng"

THREAD: Final = "qng-ibm"
"""The name of threads that ask the client."""


def hide(secrets: Iterable[object]) -> None:
    """Show them no more.

    Args:
        secrets: Tokens; what is empty or shorter than a few letters is not one.
    """
    _HIDDEN.update(text for text in secrets if isinstance(text, str) and len(text) >= _LEAST)
    for name in _LOGGERS:
        _filtered(logging.getLogger(name))
    # Records of a package's modules pass through the handlers of its own logger.
    for package in (_CLIENT, _OURS):
        for handler in logging.getLogger(package).handlers:
            _filtered(handler)


def without_secrets(text: str) -> str:
    """A text without what is hidden."""
    for secret in sorted(_HIDDEN, key=len, reverse=True):
        text = text.replace(secret, "...")
    return _PLACES.sub("the instance", _TOKENS.sub("...", text))


class Hiding(logging.Filter):
    """Takes secrets out of records, and leaves out what the client only warns of.

    That is told in errors of ours, and logged where its log was asked for.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is logged; it is changed in place."""
        ours = record.threadName == THREAD and record.name.startswith(_CLIENT)
        if ours and logging.getLogger(_CLIENT).getEffectiveLevel() >= logging.WARNING:
            return record.levelno > logging.WARNING
        said = record.getMessage()
        record.msg, record.args = without_secrets(said), ()
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = without_secrets(text), None
        return True


_FILTER: Final = Hiding()


def _filtered(place: logging.Filterer) -> None:
    if _FILTER not in place.filters:
        place.addFilter(_FILTER)
