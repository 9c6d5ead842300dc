"""Runs in lockstep: what all of them ask at a time is answered by one batch."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Final, Generic, TypeVar

from qng.arrays import Array
from qng.errors import QngError
from qng.optimize.abreast.rows import Seen
from qng.optimize.abreast.steps import stretched
from qng.plan.executor import Executor
from qng.run.abreast import Team
from qng.run.asking import Asking, Question, Sent, Turn, throwable
from qng.run.results import Run

K = TypeVar("K", bound=Hashable)

# Steps that are taken before the runs are told of them: rules may end these earlier.
_STRETCH: Final = 20


class Pace:
    """The clock of runs in lockstep: every second is shared by those that go on."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._last = time.perf_counter()

    def __call__(self) -> float:
        """Seconds of each run that goes on."""
        return self._seconds

    def tick(self, among: int) -> None:
        """The time since the last tick is that of so many runs."""
        now = time.perf_counter()
        self._seconds += (now - self._last) / among
        self._last = now


class Lockstep(Generic[K]):
    """Runs of one method on one problem, all of them exact.

    Args:
        askings: The runs by their names.
        device: Answers what several of them ask.
        send: Answers a batch of one run alone.
        pace: The clock of all of them.
    """

    def __init__(
        self,
        askings: Mapping[K, Asking[Run]],
        device: Executor,
        send: Callable[[Sent], Any],
        pace: Pace,
    ) -> None:
        self._askings = dict(askings)
        self._device = device
        self._send = send
        self._pace = pace
        self._teams: dict[int, Team | None] = {}

    def done(self) -> Iterator[tuple[K, Run]]:
        """The runs, each as soon as it is done.

        An interrupt cuts all of them, and so does an exception of one: what they are by then is
        yielded before it is raised.

        Raises:
            KeyboardInterrupt: Nothing was done in a run.
            Exception: Whatever one of them raises.
        """
        replies: dict[K, Any] = dict.fromkeys(self._askings)
        questions: dict[K, Question] = {}
        try:
            while replies:
                for name, reply in replies.items():
                    asking = self._askings[name]
                    try:
                        questions[name] = (
                            asking.throw(throwable(reply))
                            if isinstance(reply, BaseException)
                            else asking.send(reply)
                        )
                    except StopIteration as end:
                        del self._askings[name]
                        yield name, end.value
                        if end.value.interrupted:
                            yield from self._cut()
                            return
                    except BaseException:
                        del self._askings[name]
                        raise
                replies = self._answered(questions) if questions else {}
                questions = {}
        except GeneratorExit:
            raise
        except BaseException:
            yield from self._cut()
            raise

    def _cut(self) -> Iterator[tuple[K, Run]]:
        """What runs are that are cut now, as far as anything was done in them."""
        for name, asking in self._askings.items():
            try:
                asking.throw(KeyboardInterrupt())
            except StopIteration as end:
                yield name, end.value
            except KeyboardInterrupt:
                continue

    def _answered(self, questions: Mapping[K, Question]) -> dict[K, Any]:
        """What is answered to every run: a reply, or what is raised in it."""
        first = {k: q for k, q in questions.items() if isinstance(q, Turn) and not q.told}
        replies = self._taken(first)
        sent = {k: q for k, q in questions.items() if isinstance(q, Sent)}
        replies |= self._sent(sent)
        for name, question in questions.items():
            if name not in replies:
                try:
                    if isinstance(question, Turn):
                        replies[name] = question.taken()
                    else:
                        replies[name] = self._send(question)
                except Exception as error:
                    replies[name] = error
        self._pace.tick(len(questions))
        return replies

    def _taken(self, turns: Mapping[K, Turn]) -> dict[K, Any]:
        """The steps of runs that go abreast; nothing where they cannot, or not at these points."""
        if len(turns) < 2:
            return {}
        one, most = next(iter(turns.values())), min(turn.most for turn in turns.values())
        team = self._team(one)
        if team is None:
            return {}

        def see(points: Array) -> Seen:
            plan = team.plan(points)
            return plan.reduce(self._device.run(plan.requests, 0))

        states = [turn.state for turn in turns.values()]
        steps = min(most, _STRETCH)
        found = stretched(team.method, states, steps, see, team.evaluations)
        return {} if found is None else dict(zip(turns, found))

    def _team(self, turn: Turn) -> Team | None:
        key = id(turn.method)
        if key not in self._teams:
            try:
                self._teams[key] = Team.of(turn.method, turn.objective, self._device)
            except QngError:
                self._teams[key] = None
        return self._teams[key]

    def _sent(self, batches: Mapping[K, Sent]) -> dict[K, Any]:
        """The results of exact batches; nothing where they cannot be answered together."""
        requests = [request for batch in batches.values() for request in batch.requests]
        if len(batches) < 2 or any(request.shots is not None for request in requests):
            return {}
        try:
            results = iter(self._device.run(requests, 0))
        except QngError:
            return {}
        return {k: [next(results) for _ in batch.requests] for k, batch in batches.items()}
