"""Requests that never hang and never repeat what makes a job: all that is private of the client.

The client sends through a `requests.Session`, on which an adapter of ours is mounted. It bounds
every request, repeats only what reads, renews a token that the service does not know any more, and
says what was made of each request in errors of ours. A thread that is waited for no longer than
`timeout` seconds a request runs what the client does; once given up, it begins no other request.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread, local
from typing import Any, Final, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from qng.errors import NotNowError, QngError, ServiceError
from qng.execute.qiskit.ibm import errors
from qng.execute.qiskit.ibm.errors import Told
from qng.execute.qiskit.ibm.secrets import THREAD

T = TypeVar("T")

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

    def begin(self) -> None:
        """A request begins."""
        self.deadline = time.monotonic() + self.timeout


class GivenUpError(QngError):
    """Nobody waits for what was to be sent."""


@dataclass
class Task:
    """What a thread is given to do.

    Args:
        work: What it is.

    Attributes:
        ended: Set when it is done.
        answer: What came of it.
        failure: What it ended with otherwise.
    """

    work: Callable[[], Any]
    ended: Event = field(default_factory=Event)
    answer: Any = None
    failure: BaseException | None = None


def _work(tasks: SimpleQueue[Task]) -> None:
    while True:
        task = tasks.get()
        try:
            task.answer = task.work()
        except BaseException as error:
            task.failure = error
        finally:
            task.ended.set()


class AbsentError(QngError):
    """There is no such thing, or not any more."""


@dataclass(frozen=True)
class Wire:
    """Asks the client, one call at a time.

    Args:
        timeout: Seconds a request.
    """

    timeout: float
    _workers: dict[int, SimpleQueue[Task]] = field(default_factory=dict, repr=False, compare=False)
    _calls: local = field(default_factory=local, repr=False, compare=False)

    def ask(self, work: Callable[[], T], told: Told) -> T:
        """What the client answers.

        Args:
            work: What it is asked.
            told: The same in words.

        Raises:
            ServiceError: As `errors.py` says.
            AbsentError: What `told` takes as an answer.
        """
        call = Call(told, self.timeout)
        call.begin()
        task = Task(partial(self._run, work, call))
        try:
            self._worker().put(task)
            while not task.ended.is_set() and (left := call.deadline - time.monotonic()) > 0:
                task.ended.wait(left)
        finally:
            call.given_up = True
            if not task.ended.is_set():
                # It is left to itself, and whatever comes next gets a thread of its own.
                self._workers.clear()
        if not task.ended.is_set():
            raise errors.late(self.timeout, told, call.left)
        if task.failure is not None:
            raise self._failure(task.failure, call)
        answer: T = task.answer
        return answer

    def _run(self, work: Callable[[], T], call: Call) -> T:
        self._calls.now = call
        with warnings.catch_warnings():
            # What it warns of is checked, and said in an error of ours.
            warnings.simplefilter("ignore")
            return work()

    def _worker(self) -> SimpleQueue[Task]:
        """Where tasks are put for a thread of this process.

        It never ends: Qiskit does not bear that a thread ends which was the first to use it.
        """
        found = self._workers.get(os.getpid())
        if found is None:
            found = SimpleQueue()
            self._workers[os.getpid()] = found
            Thread(target=_work, args=(found,), name=THREAD, daemon=True).start()
        return found

    def made(self, work: Callable[[], str], told: Told) -> str:
        """The id of what is made by one request, also where the client stumbles after it.

        Args:
            work: What the client is asked, which gives the id.
            told: The same in words.
        """
        seen: list[Call] = []

        def noted() -> str:
            seen.append(self._calls.now)
            return work()

        try:
            return self.ask(noted, replace(told, makes=True))
        except ServiceError:
            if seen and seen[0].made:
                return seen[0].made
            raise

    def mount(self, client: Any) -> None:
        """Send all requests of a client of the API through here.

        Args:
            client: One `RuntimeClient`.
        """
        session = client._session
        if isinstance(session.adapters.get("https://"), Line):
            return
        session._timeout = (min(CONNECT, self.timeout), self.timeout)
        line = Line(self, session)
        for scheme in ("http://", "https://"):
            session.mount(scheme, line)

    def __getstate__(self) -> dict[str, Any]:
        """Without threads."""
        return {"timeout": self.timeout}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in (*state.items(), ("_workers", {}), ("_calls", local())):
            object.__setattr__(self, name, value)

    def _failure(self, error: BaseException, call: Call) -> BaseException:
        """What a call ended with, as an error of ours."""
        if isinstance(error, ServiceError):
            return _without_cause(error)
        if call.failure is not None:
            # The client swallows what its requests raise, and says something else.
            return _without_cause(call.failure)
        if isinstance(error, QngError) or not isinstance(error, Exception):
            return error
        return _without_cause(errors.of_client(error, call.told, call.left))

    @property
    def now(self) -> Call:
        """The call of this thread; one that nobody waits for, where there is none."""
        found: Call | None = getattr(self._calls, "now", None)
        return found or Call(Told("asking"), self.timeout)


@dataclass(frozen=True, eq=False)
class Line:
    """An adapter of `requests`.

    Args:
        wire: Whose requests it sends.
        session: The client's, which knows how to renew its token.
    """

    wire: Wire
    session: Any
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
        call = self.wire.now
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
        if call.given_up:
            raise GivenUpError("nobody waits for it any more")
        if str(request.headers.get("Authorization", "")).startswith("apikey"):
            # What the client falls back to without an access token: the key itself, to anybody.
            self._forget()
            call.failure = errors.without_token(call.told)
            raise call.failure
        makes = self._makes(request, call)
        call.begin()
        call.left |= makes
        wait = (min(CONNECT, self.wire.timeout), self.wire.timeout)
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


def _without_cause(error: ServiceError) -> ServiceError:
    """Without what it was made from, which may show what was sent."""
    error.__cause__ = None
    error.__suppress_context__ = True
    return error
