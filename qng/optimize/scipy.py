"""Methods of scipy.optimize.minimize, which ask where they like, as steps that can be cut.

SciPy's loop runs in a thread that waits for each answer. What it was told is kept in the state, so
that a run is continued by telling it everything once more; where the thread of the last step is
still there, that is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final
from weakref import WeakKeyDictionary, finalize

import numpy as np
from numpy.typing import ArrayLike

from qng.arrays import Array
from qng.optimize.heard import Answer, Heard
from qng.optimize.method import Done, End, NotFiniteError, State, Step
from qng.plan.deal import PILOT, split
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, Objective


@dataclass(frozen=True)
class SciPy:
    """A method of scipy.optimize.minimize; a step is one of its iterations that moves theta.

    With shots a step is one of its evaluations, so that it costs what a step of any other method
    does: nobody knows before how many an iteration takes. Then theta moves in some steps only.

    The energy of a step is the one that the method has seen there, and by which it may have chosen
    the point. The criteria of the method for
    stopping are set to rounding, so that runs end by the limit of steps or by the rule of the run.

    Args:
        name: "BFGS", "L-BFGS-B", "SLSQP" or "COBYLA".
        options: Of scipy.optimize.minimize, as pairs.
        gradient: How the gradient is estimated; None: the method has no gradient.

    Cost: one energy, with its gradient where the method asks for one, a batch.
    """

    name: str
    options: tuple[tuple[str, Any], ...] = ()
    gradient: By | str | None = None

    def __post_init__(self) -> None:
        if self.gradient is not None:
            object.__setattr__(self, "gradient", By.of(self.gradient))

    def init(self, theta: ArrayLike) -> State:
        """The state before the first iteration; theta has shape (P,)."""
        state = State.at(np.asarray(theta, dtype=float))
        return replace(state, memory={"start": {"theta": state.theta, "moves": np.zeros(1)}})

    def next(
        self, objective: Objective, state: State, told: Sequence[Any]
    ) -> Plan[Any] | Done | End:
        """The next point that SciPy asks for, or where its iteration has led.

        Raises:
            NotFiniteError: A measured value is a NaN or an infinity.
        """
        if told and not told[-1].is_finite():
            raise NotFiniteError
        heard = Heard(state.memory.get("heard", {}), told)
        talk = _TALKS.get(state)
        if talk is None or talk.heard > len(heard):
            talk = _TALKS[state] = _Talk(self, state.memory["start"]["theta"])
        for answer in heard.since(talk.heard):
            talk.tell(answer)
        moves = _moves(state)
        here = talk.known(state.theta)
        after: Done | None = None
        if moves < len(talk.moves):
            after = _moved(state, talk.moves[moves], heard)
        elif told and told[-1].energy.error and here is not None:
            after = _stayed(state, here, heard)
        if after is not None:
            _TALKS[after.state] = talk
            return after
        if isinstance(talk.said, _Question):
            return self._plan(objective, talk.said)
        assert talk.said is not None
        return talk.said

    def noted(self, state: State, energy: Energy[float]) -> State:
        """The state as it is: no step is undone."""
        return state

    def _plan(self, objective: Objective, question: _Question) -> Plan[Answer]:
        energy = objective.energy(question.x[None])
        if not question.with_gradient or self.gradient is None:
            return energy.map(lambda found: Answer(found.at(0)))
        gradient = objective.gradient(question.x, By.of(self.gradient))
        both = join(split({"energy": energy, "gradient": gradient}, PILOT))
        return both.map(lambda found: Answer(found["energy"].at(0), found["gradient"].value))


@dataclass(frozen=True)
class _Question:
    """A point at which SciPy asks for the energy."""

    x: Array
    with_gradient: bool


@dataclass(frozen=True)
class _Moved:
    """An iteration has led from a point to another one."""

    to: Array
    start: Answer


def _moved(state: State, move: _Moved, heard: Heard) -> Done:
    """The step that an iteration was."""
    return _done(state, move.start, move.to, 1, heard)


def _moves(state: State) -> int:
    """How many iterations have moved theta."""
    return int(state.memory["start"].get("moves", [state.step])[0])


def _stayed(state: State, here: Answer, heard: Heard) -> Done:
    """The step that an evaluation was, in the midst of an iteration."""
    return _done(state, here, state.theta, 0, heard)


def _done(state: State, here: Answer, to: Array, moves: int, heard: Heard) -> Done:
    energy, gradient = here.energy, here.gradient
    step = Step.at(state, energy, fresh=state.step == 0)
    if gradient is not None:
        step = replace(step, gradient_norm=float(np.linalg.norm(gradient)))
    after = replace(
        state,
        theta=to,
        step=state.step + 1,
        change=to - state.theta,
        energy=energy.value,
        memory={
            "start": {**state.memory["start"], "moves": np.array([float(_moves(state) + moves)])},
            "heard": heard.memory,
        },
    )
    return Done(after, step)


class _Talk:
    """A thread in which SciPy minimises, told the answers one by one.

    Attributes:
        heard: How many answers it was told.
        moves: The iterations so far.
        said: Its question, or why it has ended.
    """

    def __init__(self, method: SciPy, start: Array) -> None:
        self.heard = 0
        self.moves: list[_Moved] = []
        self.said: _Question | End | None = None
        self._answers: SimpleQueue[Answer | None] = SimpleQueue()
        self._words: SimpleQueue[Any] = SimpleQueue()
        self._loop = loop = _Loop(method, start, self._answers, self._words)
        Thread(target=loop.run, name="scipy", daemon=True).start()
        # A talk that nobody can continue ends its thread.
        finalize(self, self._answers.put, None)
        self._listen()

    def tell(self, answer: Answer) -> None:
        """Answer its question and listen up to the next one."""
        self.heard += 1
        self._answers.put(answer)
        self._listen()

    def known(self, theta: Array) -> Answer | None:
        """What it was told of a point; None where it has not asked."""
        return self._loop.seen.get(np.asarray(theta, dtype=float).tobytes())

    def _listen(self) -> None:
        while isinstance(word := self._words.get(), _Moved):
            self.moves.append(word)
        if isinstance(word, BaseException):
            raise word
        self.said = word


# The talks that can go on, by the state that they have reached.
_TALKS: Final[WeakKeyDictionary[State, _Talk]] = WeakKeyDictionary()


class _Over(BaseException):
    """Nobody listens any more."""


class _Loop:
    """SciPy's side of a talk, in its thread."""

    def __init__(
        self,
        method: SciPy,
        start: Array,
        answers: SimpleQueue[Answer | None],
        words: SimpleQueue[Any],
    ) -> None:
        self.method = method
        self.theta = start
        self.answers = answers
        self.words = words
        self.seen: dict[bytes, Answer] = {}

    def run(self) -> None:
        """Minimise; everything that happens is said."""
        name = self.method.name
        functions: dict[str, Any] = {"fun": self.energy, "callback": self.moved}
        if name in ("BFGS", "L-BFGS-B"):
            functions |= {"fun": self.both, "jac": True}
        elif name == "SLSQP":
            # It calls back at the first trial of a line search; the gradient is taken where that
            # has ended.
            functions = {"fun": self.energy, "jac": self.slope}
        try:
            found = _minimized(self.theta, name, dict(self.method.options), functions)
            self.moved(found.x)
            message = f"SciPy's {name} ended: {str(found.message).strip(' :')}"
            if any(answer.energy.error for answer in self.seen.values()):
                # What is below the noise meets its criteria by chance.
                self.words.put(End(f"{message}; that readings have errors it does not know"))
            else:
                self.words.put(End(message, met=bool(found.success)))
        except _Over:
            return
        except BaseException as error:
            self.words.put(error)

    def energy(self, x: Array) -> float:
        """E(x)."""
        return self._asked(x, False).energy.value

    def both(self, x: Array) -> tuple[float, Array]:
        """E(x) and its gradient."""
        answer = self._asked(x, True)
        assert answer.gradient is not None
        return answer.energy.value, answer.gradient

    def slope(self, x: Array) -> Array:
        """The gradient, where an iteration has ended."""
        self.moved(x)
        return self.both(x)[1]

    def moved(self, x: Array) -> None:
        """An iteration has ended at x."""
        if np.array_equal(x, self.theta):
            return
        before, self.theta = self.theta, np.array(x, dtype=float)
        if before.tobytes() not in self.seen:
            self.energy(before)
        self.words.put(_Moved(self.theta, self.seen[before.tobytes()]))

    def _asked(self, x: Array, with_gradient: bool) -> Answer:
        point = np.array(x, dtype=float)
        self.words.put(_Question(point, with_gradient))
        answer = self.answers.get()
        if answer is None:
            raise _Over
        first = self.seen.setdefault(point.tobytes(), answer)
        if answer.gradient is not None:
            self.seen[point.tobytes()] = Answer(first.energy, answer.gradient)
        return answer


def _minimized(theta: Array, name: str, options: dict[str, Any], functions: dict[str, Any]) -> Any:
    from scipy import optimize

    minimize: Any = optimize.minimize
    return minimize(x0=theta, method=name, options=options, **functions)
