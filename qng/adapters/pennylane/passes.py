"""One run of a cost whose QNodes answer with numbers that autograd follows."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

import autograd.numpy as anp
import numpy as np
import pennylane as qml
from autograd import make_vjp
from autograd.extend import defvjp, primitive
from autograd.tracer import getval, isbox
from pennylane import numpy as pnp

from qng.adapters.pennylane.call import Call
from qng.adapters.pennylane.known import Known
from qng.adapters.pennylane.nodes import Nodes
from qng.arrays import Array
from qng.circuit.convert.pennylane.calls import answered_by
from qng.errors import InputError, shown
from qng.geometry import Dense, Metric
from qng.plan.executor import Executor, Service
from qng.plan.plan import Plan
from qng.plan.quantities import By
from qng.plan.shots import PerCircuit
from qng.problem.problem import Problem
from qng.run.objective import Circuits
from qng.seeds import Key, extended

_VALUES, _SLOPES, _METRIC = 0, 1, 2


class Whole(Protocol):
    """The cost; members as of `hybrid.Hybrid`."""

    @property
    def function(self) -> Callable[..., Any]:
        """The function."""

    @property
    def call(self) -> Call:
        """What it is called with."""

    @property
    def nodes(self) -> Nodes:
        """QNodes that were converted."""

    @property
    def device(self) -> Executor | Service:
        """What runs their circuits."""

    @property
    def shots(self) -> PerCircuit | None:
        """For every circuit."""

    @property
    def key(self) -> Key:
        """Of everything that is drawn."""

    def answered(self, plans: Mapping[str, Plan[Any]], what: int, number: int) -> dict[str, Any]:
        """What plans reduce to."""


class Pass:
    """One run of the function, whose QNodes answer with numbers that autograd follows.

    Args:
        whole: The function.
        theta: Where, shape (P,).
    """

    def __init__(self, whole: Whole, theta: Array) -> None:
        self.whole, self.theta = whole, theta
        self.asked: list[Asked] = []
        self._before: list[Asked] = []
        # What calls were given that autograd follows, each once: (boxes, their numbers).
        self._given: dict[tuple[int, ...], tuple[tuple[Any, ...], Any]] = {}
        self._pull, found = _followed(self._value, theta)
        self.value = float(found)

    @cached_property
    def gradient(self) -> Array:
        """d f / d theta, shape (P,)."""
        return np.asarray(self._pull(1.0), dtype=float).reshape(self.theta.shape)

    def metric(self, by: By) -> Metric:
        """The mean of J^T g J over the circuits."""
        jacobians = self._jacobians()
        circuits = {asked.name: asked for asked in self.asked if asked.name[1]}
        if not circuits:
            raise InputError(
                "the method needs a metric, and the cost calls no QNode that depends on what is "
                "trained: give metric_tensor_fn=, or choose a method without, such as adam"
            )
        plans = {
            str(k): asked.objective(0).metric(asked.theta, by)
            for k, asked in enumerate(circuits.values())
        }
        found = self.whole.answered(plans, _METRIC, 0)
        total = np.zeros((len(self.theta), len(self.theta)))
        touched = np.zeros(len(self.theta), dtype=bool)
        for k, asked in enumerate(circuits.values()):
            jacobian = jacobians[asked.place]
            total += found[str(k)].pullback(jacobian).dense() / len(circuits)
            touched |= np.any(jacobian[asked.known.used] != 0, axis=0)
        return Dense(total + np.diag(np.where(touched, 0.0, 1.0)))

    def _value(self, theta: Any) -> Any:
        call = self.whole.call
        self._before, self.asked = self.asked, []
        self._given.clear()
        with answered_by(self._answer):
            found = self.whole.function(*call.boxed(theta), **call.kwargs)
        if isinstance(found, qml.measurements.MeasurementProcess):
            raise InputError(
                f"the cost returns the measurement {found}, as quantum functions do: make it a "
                "QNode with @qml.qnode(device)"
            )
        value = np.asarray(None if isinstance(found, (list, tuple)) else getval(found))
        if value.size != 1 or value.dtype.kind not in "fiu":
            raise InputError(f"the cost must be one real number, not {shown(getval(found))}")
        return anp.reshape(found, ())

    def _jacobians(self) -> list[Array]:
        """d x / d theta of everything that calls were given, shape (numbers, P) each."""
        sizes: list[int] = []

        def flat(theta: Any) -> Any:
            self._value(theta)
            given = [x for _, x in self._given.values()]
            sizes[:] = [np.size(getval(x)) for x in given]
            return anp.concatenate([np.zeros(0), *given])

        pull, found = _followed(flat, self.theta)
        rows = [np.asarray(pull(unit), dtype=float) for unit in np.eye(len(found))]
        full = np.array(rows).reshape(len(found), len(self.theta))
        return np.split(full, np.cumsum(sizes)[:-1])

    def _answer(self, node: Any, args: Sequence[Any], kwargs: Any) -> Any:
        """What a QNode returns."""
        args, kwargs = _placed(node, args, kwargs)
        followed = tuple(k for k, arg in enumerate(args) if _is_followed(arg))
        plain = tuple(map(_plain, args))
        if followed:
            call = Call.of(plain, kwargs, followed)
        else:
            call = Call(plain, kwargs, (), (), np.zeros(0))
        boxes = tuple(args[k] for k in followed)
        same = tuple(map(id, boxes))
        if same not in self._given:
            flat = anp.concatenate([np.zeros(0), *(anp.ravel(_array(box)) for box in boxes)])
            self._given[same] = boxes, flat
        place = list(self._given).index(same)
        found = [self._called(one, call, place) for one in self.whole.nodes.singles(node, call)]
        if len(found) == 1:
            return found[0]
        if isinstance(found[0], tuple):
            return tuple(anp.stack(values) for values in zip(*found))
        return anp.stack(found)

    def _called(self, node: Any, call: Call, place: int) -> Any:
        """What a QNode of one circuit returns."""
        known, number = self.whole.nodes.of(node, call), len(self.asked)
        asked = Asked(self.whole, known, call.theta, place, number)
        if number < len(self._before) and self._before[number].name == asked.name:
            asked = self._before[number]
        self.asked.append(asked)
        flat = list(self._given.values())[place][1]
        return _returned(known, _outputs(flat, asked))


class Asked:
    """A call of a QNode: its values, and their slopes once they are asked for."""

    def __init__(self, whole: Whole, known: Known, theta: Array, place: int, number: int) -> None:
        self.whole, self.known, self.theta = whole, known, theta
        self.place, self.number = place, number

    @property
    def name(self) -> tuple[int, bytes]:
        """What tells circuits apart."""
        return id(self.known), self.theta.tobytes()

    @cached_property
    def values(self) -> Array:
        """All that it returns, one number after another."""
        plans = {str(k): self.objective(k).energy(self.theta[None]) for k in range(self.size)}
        found = self.whole.answered(plans, _VALUES, self.number)
        return np.array([found[str(k)].value[0] for k in range(self.size)])

    @cached_property
    def slopes(self) -> Array:
        """d values / d theta, shape (values, P)."""
        plans = {
            str(k): self.objective(k).gradient(self.theta, By("auto")) for k in range(self.size)
        }
        found = self.whole.answered(plans, _SLOPES, self.number)
        rows = [found[str(k)].value for k in range(self.size)]
        return np.array(rows).reshape(self.size, len(self.theta))

    @property
    def size(self) -> int:
        """How many numbers it returns."""
        return sum(map(len, self.known.returns))

    def objective(self, k: int) -> Circuits:
        """That of one of the numbers."""
        name = "objective", k
        if name not in self.known.derived:
            observable = [h for part in self.known.returns for h in part][k]
            problem = Problem(self.known.circuit, observable)
            counting = self.whole.shots is not None
            self.known.derived[name] = Circuits.of(problem, self.whole.device, counting)
        found: Circuits = self.known.derived[name]
        return replace(found, key=extended(self.whole.key, self.number))


@primitive  # type: ignore[untyped-decorator]
def _outputs(flat: Any, asked: Asked) -> Array:
    return asked.values


defvjp(_outputs, lambda answer, flat, asked: lambda g: g @ asked.slopes, None)


def _followed(function: Callable[[Any], Any], theta: Array) -> tuple[Callable[[Any], Any], Any]:
    """(what pulls derivatives back, value) of a function at a point."""
    with warnings.catch_warnings():
        # A cost may well be constant, as that of a mini-batch without data.
        warnings.filterwarnings("ignore", "Output seems independent", UserWarning)
        found: tuple[Callable[[Any], Any], Any] = make_vjp(function)(pnp.tensor(theta))
    return found


def _returned(known: Known, values: Any) -> Any:
    """Numbers in the shape in which a QNode returns them."""
    found, start = [], 0
    for part, measurement in zip(known.returns, known.measurements):
        end = start + len(part)
        alone = isinstance(measurement, qml.measurements.ExpectationMP)
        found.append(values[start] if alone else values[start:end])
        start = end
    return found[0] if known.single and len(found) == 1 else tuple(found)


def _placed(
    node: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """Arguments of a QNode, with what autograd follows by its position.

    Raises:
        InputError: It cannot be given so.
    """
    if not any(map(_is_followed, kwargs.values())):
        return args, kwargs
    bound = inspect.signature(node.func).bind(*args, **kwargs)
    bound.apply_defaults()
    for name, value in bound.kwargs.items():
        if _is_followed(value):
            raise InputError(
                f"the argument {name} of a QNode can be given by its name only, and depends on "
                "what is trained: let it be given by its position"
            )
    return bound.args, bound.kwargs


def _is_followed(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_followed, value))
    if isinstance(value, dict):
        return any(map(_is_followed, value.values()))
    if isinstance(value, np.ndarray) and value.dtype == object:
        return any(map(isbox, value.ravel()))
    return bool(isbox(value))


def _plain(value: Any) -> Any:
    """A value without what autograd follows."""
    if isinstance(value, (list, tuple)):
        return type(value)(map(_plain, value)) if _is_followed(value) else value
    if isinstance(value, np.ndarray) and value.dtype == object and _is_followed(value):
        return np.array([_plain(item) for item in value.ravel()], dtype=float).reshape(value.shape)
    return getval(value) if isbox(value) else value


def _array(box: Any) -> Any:
    """Followed numbers as one array."""
    if isinstance(box, np.ndarray) and box.dtype == object:
        return anp.array([_array(item) for item in box.ravel()]).reshape(box.shape)
    return anp.array([_array(item) for item in box]) if isinstance(box, (list, tuple)) else box
