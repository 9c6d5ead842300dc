"""Everything that can go wrong on the way to IBM, as errors of ours: the only place.

Whether anything was made is what matters most. A request that makes something and got no answer,
half an answer or a server's error leaves that open (`NoReplyError`); one that never left, or that
was declined, made nothing.

    declined for good           RefusedError    400 403 404 413 and what else is below 500
    declined for now            NotNowError     401 402 409 423 429, a quota, a limit of jobs
    never left this machine     NotNowError     no network, no name, no route, no access token
    nobody knows                NoReplyError    5xx, a cut, no answer in time, half an answer
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from requests import exceptions as network
from urllib3 import exceptions as below

from qng.errors import NoReplyError, NotNowError, RefusedError, ServiceError
from qng.execute.qiskit.ibm.secrets import without_secrets

SOON: Final = 2.0
"""Seconds after which something that never left is tried again."""

_A_MINUTE: Final = 60.0
_MOST: Final = 240

# Codes of IBM's error registry: the plan's time is used up, and too many jobs wait.
_USED_UP: Final = frozenset({"4317", "3458"})


@dataclass(frozen=True)
class Told:
    """What is being asked, for messages.

    Args:
        doing: "sending a job", "looking at a job".
        makes: Whether something is made by it: then an answer that is lost leaves that open.
        account: Whether it is about the account.
        absent: Statuses of HTTP that mean that there is no such thing.
    """

    doing: str
    makes: bool = False
    account: bool = False
    absent: tuple[int, ...] = ()

    @property
    def safe(self) -> str:
        """What can be relied on where it failed, for the middle of a line."""
        # Whoever looks at jobs that were sent says what becomes of them.
        return ": no job was made" if self.makes else ""


def tidy(text: object, most: int = _MOST) -> str:
    """What a service says in one line of ours, without secrets and without account numbers.

    Args:
        text: What it says, whatever that is.
        most: Characters.
    """
    # Qiskit's errors put what they say in quotes.
    line = without_secrets(" ".join(str(text).split()).strip("'\""))
    if line.startswith("<"):
        line = " ".join(re.sub(r"<[^>]*>", " ", line).split())
    return line if len(line) <= most else f"{line[: most - 3]}..."


def of_status(
    status: int, headers: Mapping[str, str], text: str, told: Told, left: bool
) -> ServiceError:
    """Of an answer whose status is 400 or more.

    Args:
        status: Of HTTP.
        headers: Of the answer.
        text: Its body.
        told: What was asked.
        left: Whether it is the answer to what makes something.
    """
    code, said = _said(text)
    said = tidy(said)
    what = f"IBM answered {status} while {told.doing}" + (f" ({said})" if said else "")
    if status >= 500:
        return _open(what, told, left)
    if status == 429:
        wait = _after(headers)
        return NotNowError(
            f"{what}, too many requests{told.safe}; try again in "
            f"{'a minute' if wait is None else f'{wait:g} s'}",
            _A_MINUTE if wait is None else wait,
        )
    if status == 401:
        return NotNowError(
            f"{what}, the token is not accepted, or not any more{told.safe}; save a valid one "
            "(QiskitRuntimeService.save_account, or QISKIT_IBM_TOKEN)",
            # What only reads comes next, and has asked for another token before it says so.
            SOON if left else None,
        )
    if status in (402, 409, 423) or code in _USED_UP or "usage limit" in said.lower():
        why = "the instance has no time left, or too many jobs wait" if told.makes else "not now"
        return NotNowError(
            f"{what}, {why}{told.safe}; wait until that has changed "
            "(quantum.cloud.ibm.com/instances)"
        )
    if status == 403:
        return RefusedError(
            f"{what}, the account may not do this{told.safe}; give an instance that may "
            "(instance=, QISKIT_IBM_INSTANCE)"
        )
    if status == 413 and told.makes:
        return RefusedError(f"{what}, the batch is too large{told.safe}; choose cheaper estimators")
    return RefusedError(f"{what}{told.safe}")


def of_network(error: Exception, told: Told, left: bool) -> ServiceError:
    """Of a request that got no answer.

    Args:
        error: Of `requests`.
        told: What was asked.
        left: Whether the request makes something.
    """
    why = tidy(_root(error), 120)
    if _never_left(error):
        return NotNowError(
            f"IBM cannot be reached while {told.doing} ({why}): check the network", SOON
        )
    return _open(f"the connection to IBM broke while {told.doing} ({why})", told, left)


def late(seconds: float, told: Told, left: bool) -> ServiceError:
    """Of a request without an answer in time.

    Args:
        seconds: How long was waited.
        told: What was asked.
        left: Whether one that makes something may have left.
    """
    return _open(f"IBM did not answer within {seconds:g} s while {told.doing}", told, left)


def broken(error: Exception, told: Told, left: bool) -> ServiceError:
    """Of an answer that the client cannot read, such as a page of a proxy.

    Args:
        error: Of the client.
        told: What was asked.
        left: Whether one that makes something may have left.
    """
    why = f"{type(error).__name__}: {tidy(error, 120)}"
    return _open(f"IBM's answer cannot be read while {told.doing} ({why})", told, left)


def of_client(error: Exception, told: Told, left: bool) -> ServiceError:
    """Of whatever else the client raises.

    Args:
        error: Its own.
        told: What was asked.
        left: Whether a request that makes a job may have left.
    """
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if told.account and kinds & {"IBMError", "ApiException", "RequestException"}:
        return of_account(error, told)
    if "IBMInputValueError" in kinds and told.makes and not left:
        return RefusedError(f"IBM's client does not send this ({tidy(error)}){told.safe}")
    return broken(error, told, left)


def without_token(told: Told) -> ServiceError:
    """Where IBM's account service gives no access token, for whatever reason.

    Args:
        told: What was asked.
    """
    return NotNowError(
        f"IBM's account service gave no access token while {told.doing}: check the token "
        "(QISKIT_IBM_TOKEN) and the network",
        SOON,
    )


def of_account(error: Exception, told: Told) -> ServiceError:
    """Of an account that cannot be used.

    Args:
        error: Of the client, or of IBM's core SDK when it fetches an access token.
        told: What was asked.
    """
    cause = next((one for one in _chain(error) if hasattr(one, "status_code")), None)
    status = getattr(cause, "status_code", None)
    root = next((one for one in _chain(error) if isinstance(one, network.RequestException)), None)
    service = "IBM's account service"
    if isinstance(root, network.JSONDecodeError) or status == 200:
        return NotNowError(f"{service} gives an answer that cannot be read: try again", SOON)
    if status in (400, 401, 403):
        return NotNowError(
            f"IBM does not accept the token ({status}: {tidy(cause, 120)}): save a valid one "
            "(QiskitRuntimeService.save_account, or QISKIT_IBM_TOKEN)"
        )
    if isinstance(status, int):
        return NotNowError(f"{service} answered {status} while {told.doing}", SOON)
    if root is not None:
        why = tidy(_root(root), 120)
        return NotNowError(f"{service} cannot be reached ({why}): check the network", SOON)
    if type(error).__name__ == "AccountNotFoundError":
        # The next of a cron job's calls may have it in its environment.
        return NotNowError(
            "there is no IBM account here: save one with QiskitRuntimeService.save_account("
            "token=..., set_as_default=True), or set QISKIT_IBM_TOKEN"
        )
    return RefusedError(
        f"the IBM account cannot be used ({tidy(error)}): check instance= and channel=, or "
        "QISKIT_IBM_INSTANCE and QISKIT_IBM_CHANNEL"
    )


def _open(what: str, told: Told, left: bool) -> ServiceError:
    """Of a request without an answer that says yes or no.

    Args:
        what: What happened.
        told: What was asked.
        left: Whether a request that makes something may have left.
    """
    if not told.makes:
        return NoReplyError(what)
    if not left:
        return NotNowError(f"{what}: no job was made", SOON)
    return NoReplyError(f"{what}: nobody knows whether a job was made")


def _said(text: str) -> tuple[str, str]:
    """The code and the message of an error as the service writes it; what it says otherwise."""
    try:
        plain: Any = json.loads(text)
    except ValueError:
        return "", text
    if not isinstance(plain, dict):
        return "", text
    errors = plain.get("errors") or plain.get("error") or plain
    first = errors[0] if isinstance(errors, list) and errors else errors
    if not isinstance(first, dict):
        return "", str(first)
    message = first.get("message") or text
    return str(first.get("code", "")), " ".join(map(str, (message, first.get("solution") or "")))


def _after(headers: Mapping[str, str]) -> float | None:
    """What Retry-After says, in seconds."""
    try:
        return max(float(headers.get("Retry-After", "")), 0.0)
    except ValueError:
        return None


def _never_left(error: Exception) -> bool:
    """Whether not even a connection was made."""
    kinds = (network.ConnectTimeout, below.NewConnectionError, below.ConnectTimeoutError)
    return any(isinstance(one, kinds) for one in _chain(error))


def _root(error: Exception) -> Exception:
    """What lies below the errors of `requests` and `urllib3`."""
    *_, last = _chain(error)
    return last


def _chain(error: BaseException) -> Iterable[Exception]:
    """An error, and those that it was made of."""
    seen: set[int] = set()
    following: BaseException | None = error
    while isinstance(following, Exception) and id(following) not in seen:
        seen.add(id(following))
        yield following
        inner = getattr(following, "reason", None)
        first = following.args[0] if following.args else None
        context = None if following.__suppress_context__ else following.__context__
        below_it = (inner, first, following.__cause__, context)
        following = next(
            (one for one in below_it if isinstance(one, Exception) and id(one) not in seen), None
        )
