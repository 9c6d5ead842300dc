"""What a step costs, before anything is run.

The requests of a step are data, so they are counted without being answered. What is counted is the
first round of the first step; a step that searches asks further ones, and from the second step on
the shots are split anew. What a run is for a device stands in `forecast`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from qng.errors import InputError
from qng.execute.names import executor as executor_of
from qng.optimize.method import Planned
from qng.optimize.methods import method as method_of
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.descent import Search, rounds, trials
from qng.plan.cloud import Cloud
from qng.plan.cost import Cost
from qng.plan.deal import PILOT, Dealing, split
from qng.plan.executor import Executor, Service, check_shots, check_supported, dealing_of, on
from qng.plan.lower import sampled
from qng.plan.plan import Plan, join
from qng.plan.quantities import By
from qng.plan.shots import PerCircuit, Shots, part
from qng.plan.shots import checked as checked_shots
from qng.problem.problem import Problem
from qng.run.bench import closing_shots
from qng.run.minimize import with_gradient
from qng.run.objective import objective_of
from qng.run.target import counted, problem_and_point

# More shots than any plan has points.
_MANY: Final = 10**9


@dataclass(frozen=True)
class Preview:
    """The cost of the first round of a step; a step that searches has further ones.

    Args:
        problem: The problem's name.
        method: The method's name; "optimizer" for one of your own.
        executor: The executor's name.
        shots: For all circuits of a step, or for each; None: exact.
        parts: The cost of the energy, the gradient and the metric, each with its share of the
            shots, as if it were run alone; "energies" of methods that ask for nothing else.
        step: The cost of the batch, where equal circuits are run once.
        search: Shots of a step that are left for further rounds, one number a round.
        closing: The cost of the energy at the end of a run, which comes on top.
        at_most: Whether steps may leave rounds out, or take fewer shots.
    """

    problem: str
    method: str
    executor: str
    shots: Shots | None
    parts: Mapping[str, Cost]
    step: Cost
    search: tuple[int, ...]
    closing: Cost
    at_most: bool = False

    def total(self, steps: int) -> int:
        """Shots of a run of so many steps, or the most."""
        return steps * (self.step.shots + sum(self.search)) + self.closing.shots


def step_cost(
    problem: Problem | str | Path | Any,
    method: str | Optimizer = "qng",
    *,
    start: Any = None,
    executor: str | Executor | Service | Cloud = "statevector",
    shots: Shots | None = None,
    gradient: By | str | None = None,
    **hyperparameters: Any,
) -> Preview:
    """The cost of a step of `minimize` with the same arguments; nothing is run.

    Args:
        problem: A problem, its name in the library, a folder, or a QNode.
        method: A name of `optimizers.METHODS`, or an optimizer.
        start: Shape (P,), radians, or a mapping from parameters to values; the problem's own by
            default. For a QNode its argument, or a tuple of its arguments.
        executor: By name or as an object.
        shots: For all circuits of one step together, or `PerCircuit`; None: exact.
        gradient: Gradient estimator.
        hyperparameters: Of the method, such as metric="overlaps"; None is the method's own.

    Returns:
        Circuits, points, shots and depth of the step, and of each of its parts as if it were run
        alone.

    Raises:
        InputError: Bad input, a method whose next question depends on answers, or shots that cannot
            serve the circuits of a step.
        UnsupportedMeasureError: The executor cannot answer the step.

    Cost: that of building the circuits of a step; none is run.

    Example:
        >>> import qng
        >>> cost = qng.step_cost("h2", "qng", shots=100_000)
        >>> cost.step.circuits, cost.parts["metric"].circuits
        (8, 3)
    """
    shots, (whole, base) = checked_shots(shots), problem_and_point(problem, start)
    whole = counted(whole, "what a step asks of a device")
    given = {key: value for key, value in hyperparameters.items() if value is not None}
    optimizer = method_of(method, given)
    if gradient is not None:
        optimizer = with_gradient(optimizer, gradient)
    device = executor_of(executor)
    inner = whole.reduced(base)
    goal = objective_of(inner, device, shots is not None)
    closing = on(device, goal.energy(inner.initial[None]))
    dealing = dealing_of(device)
    if shots is not None:
        closing = sampled(closing, closing_shots(closing, shots, dealing), dealing)
    if isinstance(optimizer, Optimizer):
        state = optimizer.init(inner.initial)
        asked = optimizer.measurements(goal, state).items()
        plans = {name: on(device, plan) for name, plan in asked}
        first: Plan[Any] = join(split(plans, PILOT))
        shares, points = rounds(optimizer.search), closing.cost.points
        search = () if shots is None else _search(optimizer.search, shots, points)
        at_most = bool(search)
    elif isinstance(optimizer, Planned):
        first, *others = (on(device, plan) for plan in optimizer.batches(goal, inner.initial))
        plans, shares = {}, tuple(plan.share for plan in others)
        search = () if shots is None else tuple(_dealt(shots, plan, dealing) for plan in others)
        at_most = optimizer.at_most
    else:
        raise InputError(f"{method} asks as it goes: what a step costs is not known before")
    if shots is not None:
        here = part(shots, 1 - sum(shares)) if shares else shots
        first = sampled(first, here, dealing)
        plans = {
            name: _sampled(plan, here, _share(name, plans), dealing) for name, plan in plans.items()
        }
    check_shots(device, first.requests)
    check_supported(device, first.requests)
    return Preview(
        problem=whole.name,
        method=method if isinstance(method, str) else "optimizer",
        executor=device.name,
        shots=shots,
        parts={name: plan.cost for name, plan in plans.items()} or {"energies": first.cost},
        step=first.cost,
        search=search,
        closing=closing.cost,
        at_most=at_most,
    )


def _dealt(shots: Shots, plan: Plan[Any], dealing: Dealing) -> int:
    """The shots of a further batch of a step."""
    return sampled(plan, part(shots, plan.share), dealing).cost.shots


def _share(name: str, plans: Mapping[str, Plan[Any]]) -> float:
    """The part of a step's shots that goes to one of its plans, in the first step."""
    scaled = split(plans, PILOT)
    return sum(float(request.shares.sum()) for request in scaled[name].requests)


def _search(search: Search, shots: Shots, circuits: int) -> tuple[int, ...]:
    """The shots of the rounds of a search, an energy of which takes so many circuits."""
    if isinstance(shots, PerCircuit):
        return tuple(shots.shots * circuits * points for points in trials_of(search))
    return tuple(int(shots * share) for share in rounds(search))


def trials_of(search: Search) -> tuple[int, ...]:
    """The points of the rounds of a search.

    Raises:
        InputError: It does not say how many they are.
    """
    points = trials(search)
    if points is None:
        raise InputError(
            f"{type(search).__name__} asks in further rounds and does not say at how many points: "
            "with shots per circuit what they cost is not known before; give shots=, for a step"
        )
    return points


def _sampled(plan: Plan[Any], shots: Shots, share: float, dealing: Dealing) -> Plan[Any]:
    """The plan with its share of the shots, or with as many as it takes at least."""
    if isinstance(shots, PerCircuit):
        return sampled(plan, shots, dealing)
    points = sampled(plan, _MANY).cost.points
    return sampled(plan, max(round(shots * share), dealing.least * points), dealing)
