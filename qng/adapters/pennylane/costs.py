"""What a user of PennyLane minimises, as an objective.

    a QNode                       its expectation value, as a problem of one circuit
    a sum of multiples of QNodes  a problem of several circuits
    any other function            a loss that autograd differentiates (`hybrid`)

Everything is converted once, and asked at every call whether it still holds.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Final

import pennylane as qml

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.hybrid import Hybrid
from qng.adapters.pennylane.known import Known, holds
from qng.adapters.pennylane.nodes import Nodes, constant, constants, parts
from qng.circuit.convert.pennylane.costs import Cost, cost_of
from qng.errors import CircuitError, InputError, shown
from qng.models.functions import FunctionLoss
from qng.models.objective import Losses
from qng.plan.executor import Executor, Service
from qng.plan.quantities import Objective
from qng.plan.shots import PerCircuit, Shots
from qng.problem.foreign import say_unused
from qng.problem.problem import Problem
from qng.run.objective import Circuits

# Sums of QNodes that are kept.
_MOST_KNOWN: Final = 64


@dataclass(eq=False)
class Costs:
    """Costs as objectives, on one executor.

    Args:
        device: What runs circuits.
        shots: For all circuits of a step, or for each; None: exact.
        key: Of everything that is drawn.
        nodes: QNodes that were converted.
    """

    device: Executor | Service
    shots: Shots | None = None
    key: tuple[int, ...] = ()
    nodes: Nodes = field(default_factory=Nodes)
    _sums: dict[Hashable, tuple[Cost, Circuits]] = field(default_factory=dict)
    # Code of functions that are no sums.
    _others: set[types.CodeType] = field(default_factory=set)

    def of(self, cost: Any, call: Call) -> Objective:
        """The objective of a cost.

        Args:
            cost: A QNode, or a function of QNodes.
            call: What it is called with.

        Raises:
            CircuitError: A QNode that cannot be lowered.
            InputError: No function, or a QNode that does not return one expectation value.
        """
        node, first, more = parts(cost)
        if isinstance(node, qml.QNode):
            n = len(first)
            trained = tuple(k + n for k in call.trained)
            whole = Call(
                (*first, *call.args), {**more, **call.kwargs}, trained, call.shapes, call.theta
            )
            return self._of_node(self.nodes.of(node, whole))
        if not callable(cost):
            raise InputError(f"the cost must be a QNode or a function of QNodes, not {shown(cost)}")
        code = getattr(node, "__code__", None)
        if code is not None and code not in self._others:
            found = self._sum(cost, call, code)
            if found is not None:
                return found
        return Losses(self._hybrid(cost, call), self.key)

    def bare(self, cost: Callable[..., Any], call: Call) -> Objective:
        """A cost as PennyLane runs it, which gives values only."""
        loss = FunctionLoss(
            lambda theta: float(cost(*call.at(theta), **call.kwargs)),
            tuple(f"x{k}" for k in range(len(call.theta))),
            call.shapes,
        )
        return Losses(loss, self.key)

    def _of_node(self, known: Known) -> Circuits:
        objective: Circuits | None = known.derived.get("problem")
        if objective is None:
            observables = [h for part in known.returns for h in part]
            if len(observables) != 1:
                raise InputError(
                    f"one expectation value is minimised, and the QNode returns "
                    f"{len(observables)} numbers: minimise a function of them, such as "
                    "lambda x: qnode(x)[0]"
                )
            objective = self._circuits(Problem(known.circuit, observables[0]))
            known.derived["problem"] = objective
        return objective

    def _circuits(self, problem: Problem) -> Circuits:
        return Circuits.of(problem, self.device, self.shots is not None, self.key)

    def _sum(self, cost: Any, call: Call, code: types.CodeType) -> Circuits | None:
        """The objective of a sum of QNodes; None where it is none."""
        key = name_of(cost), call.trained, call.shapes, constants(call)
        known = self._sums.get(key)
        if known is not None and _holds(known[0], call):
            return known[1]
        try:
            found = cost_of(cost, call.args, call.kwargs, call.trained)
        except CircuitError:
            found = None
        if found is None:
            self._others.add(code)
            return None
        for node in found.nodes:
            say_unused(node)
        circuits = found.circuits
        several = circuits if len(circuits) > 1 else ()
        objective = self._circuits(Problem(circuits[0][0], found.observable, ensemble=several))
        while len(self._sums) >= _MOST_KNOWN:
            del self._sums[next(iter(self._sums))]
        self._sums[key] = found, objective
        return objective

    def _hybrid(self, cost: Callable[..., Any], call: Call) -> Hybrid:
        if self.shots is not None and not isinstance(self.shots, PerCircuit):
            raise InputError(
                "the cost is no sum of multiples of QNodes, so that it is not known before how "
                f"many circuits it runs: give shots=qng.PerCircuit(N) in the place of {self.shots}"
            )
        return Hybrid(cost, call, self.nodes, self.device, self.shots)


def _holds(cost: Cost, call: Call) -> bool:
    """Whether a sum that was converted is that sum still."""
    origin = cost.circuits[0][0].origin
    return origin is not None and holds(origin.maker, call.theta)


def name_of(value: Any, depth: int = 4) -> Hashable:
    """A cost as a key: equal for a function that is written in a loop and holds the same.

    Functions that are kept hold what they hold, so that no identity is used twice.
    """
    if isinstance(value, types.FunctionType) and depth:
        cells = []
        for cell in value.__closure__ or ():
            try:
                cells.append(name_of(cell.cell_contents, depth - 1))
            except ValueError:  # it is not filled yet
                cells.append(None)
        defaults = tuple(name_of(d, depth - 1) for d in value.__defaults__ or ())
        named = tuple((k, name_of(d, depth - 1)) for k, d in (value.__kwdefaults__ or {}).items())
        return value.__code__, tuple(cells), defaults, named
    function, first, more = parts(value)
    if function is not value:
        fixed = tuple(name_of(v, depth - 1) for v in first)
        return "partial", name_of(function, depth), fixed, tuple(map(constant, more.items()))
    return constant(value)
