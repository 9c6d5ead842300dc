"""Requests of the client: bounded, repeated only where they read, told of in errors of ours.

The client sends through a `requests.Session`, on which this adapter is mounted. It also renews an
access token that the service does not know any more, and keeps the client from sending the key
itself where it has none.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from qng.errors import NotNowError, QngError, ServiceError
from qng.execute.qiskit.ibm import errors
from qng.execute.qiskit.ibm.errors import Told

CONNECT: Final = 5.0
"""Seconds for a connection, at most."""

_READS: Final = frozenset({"GET", "HEAD"})
_AGAIN: Final = Retry(
    total=2,
    backoff_factor=0.2,
    status_forcelist=(500, 502, 503, 504, 520, 521, 522, 524),
    allowed_methods=_READS,
    respect_retry_after_header=False,
    raise_on_status=False,
)


class GivenUpError(QngError):
    """Nobody waits for what was to be sent."""


class AbsentError(QngError):
    """There is no such thing, or not any more."""


@dataclass
class Call:
    """Something that the client is asked to do, in one request or several.

    Args:
        told: What it is.
        timeout: Seconds a request.

    Attributes:
        deadline: When it is given up, by `time.monotonic`.
        given_up: Whether it was.
        left: Whether a request that makes a job has left.
        made: The id of what was made, where an answer says so.
        failure: What was last made of a request that failed.
    """

    told: Told
    timeout: float
    deadline: float = 0.0
    given_up: bool = False
    left: bool = False
    made: str = ""
    failure: ServiceError | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    def begin(self, makes: bool = False) -> None:
        """A request begins, unless the call was given up: both cannot be.

        Args:
            makes: Whether it makes a job.

        Raises:
            GivenUpError: Nobody waits any more.
        """
        with self._lock:
            if self.given_up:
                raise GivenUpError("nobody waits for it any more")
            self.deadline = time.monotonic() + self.timeout
            self.left |= makes

    def give_up(self) -> None:
        """No other request begins; whether one that makes a job has left is known for good."""
        with self._lock:
            self.given_up = True


@dataclass(frozen=True, eq=False)
class Line:
    """An adapter of `requests`.

    Args:
        session: The client's, which knows how to renew its token.
        timeout: Seconds a request.
        now: What is asked at the moment, in this thread.
    """

    session: Any
    timeout: float
    now: Callable[[], Call]
    inner: HTTPAdapter = field(default_factory=lambda: HTTPAdapter(max_retries=_AGAIN))

    def __deepcopy__(self, memo: dict[int, Any]) -> Line:
        """Itself: a connection is not copied."""
        return self

    def send(
        self, request: requests.PreparedRequest, timeout: Any = None, **options: Any
    ) -> requests.Response:
        """Send a request, which comes back with a status below 400.

        Args:
            request: Whatever the client asks.
            timeout: What it would wait, which may be 15 minutes or for ever.
            options: Those of `requests`: stream, verify, cert, proxies.

        Raises:
            ServiceError: There is no answer, or one that says no.
        """
        call = self.now()
        response = self._sent(request, call, options)
        makes = self._makes(request, call)
        if response.status_code == 401 and not makes and self._renewed(request):
            response = self._sent(request, call, options)
        if response.status_code in call.told.absent:
            raise AbsentError(f"there is none: {response.status_code}")
        if response.status_code == 401:
            self._forget()
        if response.status_code >= 400:
            failure = errors.of_status(
                response.status_code, response.headers, response.text, call.told, makes
            )
            if response.status_code < 500:
                # It was declined: what was not made before is not made now either.
                call.left = False
            call.failure = failure
            raise failure
        return response

    def close(self) -> None:
        """Close what is open."""
        self.inner.close()

    def _sent(
        self, request: requests.PreparedRequest, call: Call, options: dict[str, Any]
    ) -> requests.Response:
        if str(request.headers.get("Authorization", "")).startswith("apikey"):
            # What the client falls back to without an access token: the key itself, to anybody.
            self._forget()
            call.failure = errors.without_token(call.told)
            raise call.failure
        makes = self._makes(request, call)
        call.begin(makes)
        wait = (min(CONNECT, self.timeout), self.timeout)
        try:
            response = self.inner.send(request, timeout=wait, **options)
            # Read here, where a cut in the middle is known to be one.
            body = response.content
        except (requests.RequestException, OSError) as error:
            failure = errors.of_network(error, call.told, makes)
            call.left &= not isinstance(failure, NotNowError)
            call.failure = failure
            raise failure from None
        if makes and response.ok:
            call.made = _id(body)
        return response

    def _makes(self, request: requests.PreparedRequest, call: Call) -> bool:
        """Whether this request is the one that makes what the call is about."""
        return call.told.makes and request.method == "POST"

    def _renewed(self, request: requests.PreparedRequest) -> bool:
        """Whether the service gave a new access token for one that it does not know any more."""
        self._forget()
        if not hasattr(self.session.auth, "get_headers"):
            # Behind a proxy that asks for a login of its own.
            return False
        request.headers.update(self.session.auth.get_headers())
        return not str(request.headers.get("Authorization", "")).startswith("apikey")

    def _forget(self) -> None:
        """Do not use the access token again, which the client renews by its own clock only.

        After a request for one has failed, it would also wait for a minute before the next.
        """
        manager = getattr(self.session.auth, "tm", None)
        if manager is not None:
            manager.expire_time = manager.request_time = 0


def _id(body: bytes) -> str:
    """The id in an answer, "" where there is none."""
    try:
        plain = json.loads(body)
    except ValueError:
        return ""
    return str(plain.get("id", "")) if isinstance(plain, dict) else ""
