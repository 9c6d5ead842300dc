"""What is asked of the client never hangs: all that is private of its connections.

A thread runs what the client does, and is waited for no longer than `timeout` seconds a request;
once given up, it begins no other one. What its requests come to is told by `line.py`.
"""

from __future__ import annotations

import importlib.metadata
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from threading import Event, Thread, local
from typing import Any, TypeVar

from qng.errors import QngError, ServiceError
from qng.execute.qiskit.ibm import errors
from qng.execute.qiskit.ibm.errors import Told
from qng.execute.qiskit.ibm.line import CONNECT, Call, Line
from qng.execute.qiskit.ibm.secrets import THREAD

T = TypeVar("T")


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


def inside(owner: Any, name: str) -> Any:
    """Something of the client that is private to it.

    Raises:
        ServiceError: This version of it has no such thing.
    """
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise ServiceError(
            f"qiskit-ibm-runtime {importlib.metadata.version('qiskit-ibm-runtime')} is newer than "
            f"qng knows: {type(owner).__name__} has no {name}, through which requests go; nothing "
            "was sent; install an older one"
        ) from error


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
            call.give_up()
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
        session = inside(client, "_session")
        if isinstance(session.adapters.get("https://"), Line):
            return
        session._timeout = (min(CONNECT, self.timeout), self.timeout)
        line = Line(session, self.timeout, self.now)
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

    def now(self) -> Call:
        """The call of this thread; one that nobody waits for, where there is none."""
        found: Call | None = getattr(self._calls, "now", None)
        return found or Call(Told("asking"), self.timeout)


def _without_cause(error: ServiceError) -> ServiceError:
    """Without what it was made from, which may show what was sent."""
    error.__cause__ = None
    error.__suppress_context__ = True
    return error
