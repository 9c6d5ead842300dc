"""Costs that are any function of QNodes: f(x, <H_1>, <H_2>, ...), differentiated by autograd.

QNodes answer by our executor, and hand autograd their exact derivatives. So with x_k(x) the
arguments of the k-th call, J_k = d x_k / d x, and g_k the metric of its circuit there,

    grad f by the chain rule,    M = mean over circuits of J_k^T g_k J_k,

the metric of a model whose input is drawn at random from those that the cost runs. Numbers on
which no circuit depends, such as a bias, have the metric 1: gradient descent at the same rate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.nodes import Nodes
from qng.adapters.pennylane.passes import Pass
from qng.arrays import Array
from qng.geometry import Metric
from qng.models.loss import unknown_metric
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan, join
from qng.plan.quantities import By, Energy, GradientEstimate
from qng.plan.shots import PerCircuit
from qng.run.bench import answer
from qng.seeds import EXECUTION, Key, extended
from qng.seeds import seed as seed_of

# Quantities of an energy, which are not those of the circuits of a function of energies.
_OF_ENERGIES: Final = ("hessian", "gauss-newton", "linear-method", "projected-inverse", "wa")


@dataclass(frozen=True, eq=False)
class Hybrid:
    """A function of QNodes as a loss.

    Args:
        function: The function.
        call: What it is called with.
        nodes: QNodes that were converted.
        device: What runs their circuits.
        shots: For every circuit; None: exact.
        key: Of everything that is drawn.
    """

    function: Callable[..., Any]
    call: Call
    nodes: Nodes
    device: Executor | Service
    shots: PerCircuit | None = None
    key: Key = 0
    _passes: dict[bytes, Pass] = field(default_factory=dict, repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """x0, x1, ..."""
        return tuple(f"x{k}" for k in range(len(self.call.theta)))

    @property
    def arrays(self) -> tuple[tuple[int, ...], ...]:
        """Those of the trained arguments."""
        return self.call.shapes

    def drawn(self, theta: Array, key: Key) -> Hybrid:
        """With the shots and the random directions of a key."""
        return replace(self, key=key, _passes={})

    def energy(self, points: Array) -> Energy[Array]:
        """The function at points of shape (points, P), without the errors of its QNodes."""
        return Energy(np.array([self.at(point).value for point in points]))

    def gradient(self, theta: Array) -> GradientEstimate:
        """Its gradient at a point."""
        return GradientEstimate(self.at(theta).gradient)

    def metric(self, theta: Array, by: By) -> Metric:
        """The mean of the metrics of its circuits, in the trained numbers.

        Raises:
            InputError: It calls no QNode that depends on them.
            UnknownNameError: The quantity is not one of circuits.
        """
        if by.estimator in _OF_ENERGIES:
            raise unknown_metric(by, ("auto", "exact", "blocks", "diagonal", "fisher"))
        return self.at(theta).metric(by)

    def answered(self, plans: Mapping[str, Plan[Any]], what: int, number: int) -> dict[str, Any]:
        """What plans reduce to, as one batch.

        Args:
            plans: What is asked, by name.
            what: What they are of, which names what is drawn with `number`.
            number: That of the call.
        """
        seed = 0
        if self.shots is not None:
            seed = seed_of(*extended(self.key, EXECUTION, number, what))
        return answer(self.device, join(plans), seed, self.shots)

    def at(self, theta: Array) -> Pass:
        """What is known at a point."""
        name = theta.tobytes()
        if name not in self._passes:
            self._passes.clear()
            self._passes[name] = Pass(self, theta)
        return self._passes[name]
