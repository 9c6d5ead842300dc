"""What the errors of an SDK say of a request: refused, not now, or nobody knows.

SDKs raise errors of many classes; what they have in common is the status of the answer, somewhere
along the chain of causes, or a failure to connect at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from qng.errors import NoReplyError, NotNowError, QngError, RefusedError

# By name, as the libraries that they come from need not be there.
_NEVER_SENT: Final = frozenset(
    {
        *("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ConnectTimeoutError"),
        *("ConnectError", "ConnectionRefusedError", "gaierror"),
    }
)

_TOKEN: Final = (401, 403)
_LATER: Final = (402, 425, 429)
_NOBODY_KNOWS: Final = 408
_LONGEST: Final = 300

# Seconds after which something that never left is tried again.
_SOON: Final = 10.0


def trouble(error: BaseException, whom: str) -> QngError:
    """The error of ours that says the same of a request.

    Args:
        error: What the SDK raised.
        whom: Who was asked.

    Returns:
        RefusedError where the service refused it (4xx); NotNowError where it may be taken later
        (a token that is not valid, payment, too many requests, no connection); NoReplyError
        where nobody knows whether it was acted on.
    """
    if isinstance(error, QngError):
        return error
    status = _status(error)
    said = f"{whom}: {saying(error)}"
    if status in _TOKEN:
        return NotNowError(f"{said} (status {status}): is the token valid, and for this backend?")
    if status in _LATER:
        return NotNowError(f"{said} (status {status}); try again later", _pause(error))
    if status is not None and 400 <= status < 500 and status != _NOBODY_KNOWS:
        return RefusedError(f"{said} (status {status})")
    if status is None and any(type(part).__name__ in _NEVER_SENT for part in _chain(error)):
        return NotNowError(
            f"{whom} cannot be reached, nothing was sent: is there a network?", _SOON
        )
    return NoReplyError(f"{said}{'' if status is None else f' (status {status})'}")


def saying(error: BaseException) -> str:
    """What an SDK says in an error, in one line; never what was sent."""
    told = [getattr(part, "message", None) for part in _chain(error)]
    texts = [text for text in told if isinstance(text, str) and text.strip()]
    # Wrappers say that there is an error, what they wrap says which.
    line = " ".join((texts[-1] if texts else str(error)).split()) or type(error).__name__
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what it comes from, in the places where SDKs keep it."""
    seen: set[int] = set()
    left: list[Any] = [error]
    while left:
        part = left.pop(0)
        if not isinstance(part, BaseException) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        left += [part.__cause__, part.__context__, *part.args]
        left += [getattr(part, name, None) for name in ("reason", "_cause")]


def _status(error: BaseException) -> int | None:
    for part in _chain(error):
        for holder in (part, getattr(part, "response", None)):
            status = getattr(holder, "status_code", None)
            if isinstance(status, int) and not isinstance(status, bool) and 100 <= status < 600:
                return status
    return None


def _pause(error: BaseException) -> float | None:
    """After how many seconds it may be asked again, where the answer says so."""
    for part in _chain(error):
        for holder in (part, getattr(part, "response", None)):
            headers = getattr(holder, "headers", None)
            told = headers.get("Retry-After") if isinstance(headers, Mapping) else None
            if isinstance(told, str) and told.isdecimal():
                return float(told)
    return None
