"""A function is not run again only where nothing that it reads can have changed."""

import functools
import math
import types

import numpy as np
import pennylane as qml
import pytest
from pennylane import numpy as pnp

from qng.adapters.pennylane import Optimizer
from qng.adapters.pennylane import nodes as conversions
from qng.adapters.pennylane.reads import Reads

DEVICE = qml.device("default.qubit", wires=2)
X = pnp.array([0.4, -0.7], requires_grad=True)
SCALES, NUMBERS, RNG, MODULE = [1.0, 2.0], np.array([1.0, 2.0]), np.random.default_rng(1), 3


def layer(x, scale):
    for wire in range(2):
        qml.RX(scale * x[wire], wire)


def plain(x):
    layer(x, SCALES[0] * math.pi)
    qml.RY(NUMBERS[1], 0)
    return qml.expval(qml.Z(0))


def test_what_is_read():
    reads = Reads.of(plain)
    assert reads is not None
    assert reads.same()
    names = [type(read.value).__name__ for read in reads.reads]
    assert sorted(set(names)) == sorted(["function", "module", "list", "ndarray"])


@pytest.mark.parametrize("change", ["list", "array", "global", "function"])
def test_changes_are_seen(monkeypatch, change):
    reads = Reads.of(plain)
    outside = plain.__globals__
    held = {"list": SCALES, "array": NUMBERS}.get(change)
    if held is not None:
        before, held[0] = held[0], 5.0
    elif change == "global":
        monkeypatch.setitem(outside, "NUMBERS", NUMBERS + 1)
    else:
        other = types.FunctionType(layer.__code__, outside)
        monkeypatch.setitem(outside, "layer", other)
    assert not reads.same()
    if held is not None:
        held[0] = before
        assert reads.same()


def scaled_layer(x):
    layer(x, SCALES[0])


@functools.wraps(qml.RX)
def like_a_gate(x):
    scaled_layer(x)


ADJOINT, CONTROLLED = qml.adjoint(scaled_layer), qml.ctrl(scaled_layer, 2)
MADE = [qml.prod(scaled_layer)]


@pytest.mark.parametrize(
    "made",
    [lambda x: ADJOINT(x), lambda x: CONTROLLED(x), lambda x: MADE[0](x), lambda x: like_a_gate(x)],
    ids=["adjoint", "ctrl", "prod in a list", "wraps"],
)
def test_changes_inside_what_pennylane_has_made_are_seen(made):
    @qml.qnode(qml.device("default.qubit", wires=3))
    def node(x):
        qml.Hadamard(2)
        made(x)
        qml.CNOT([2, 0])
        return qml.expval(qml.Z(0) + qml.Y(1))

    optimizer, before = Optimizer("gd"), SCALES[0]
    try:
        for scale in (1.0, 0.3, 2.0):
            SCALES[0] = scale
            assert optimizer.step_and_cost(node, X)[1] == pytest.approx(float(node(X)), abs=1e-12)
    finally:
        SCALES[0] = before


def drawing(x):
    qml.RX(x[0] + RNG.normal(), 0)
    return qml.expval(qml.Z(0))


def drawing_by_module(x):
    qml.RX(x[0] + np.random.default_rng().normal(), 0)
    return qml.expval(qml.Z(0))


def counting(x):
    global MODULE
    MODULE += 1
    qml.RX(x[0] + MODULE, 0)
    return qml.expval(qml.Z(0))


def of_an_object(x):
    qml.RX(x[0] * types.SimpleNamespace(a=1).a, 0)
    return qml.expval(qml.Z(0))


def importing(x):
    import time

    qml.RX(x[0] * time.time(), 0)
    return qml.expval(qml.Z(0))


def looking(x):
    qml.RX(x[0] * (qml.math.toarray(x)[1] > 0), 0)
    return qml.expval(qml.Z(0))


def truth(x):
    qml.RX(x[0] if x[1] else 0.0, 0)
    return qml.expval(qml.Z(0))


def either(x):
    qml.RX(x[0] or x[1], 0)
    return qml.expval(qml.Z(0))


def around():
    count = 0

    def inner(x):
        nonlocal count
        count += 1
        qml.RX(x[0] + count, 0)
        return qml.expval(qml.Z(0))

    return inner


@pytest.mark.parametrize(
    "function",
    [
        drawing,
        drawing_by_module,
        counting,
        of_an_object,
        importing,
        looking,
        truth,
        either,
        around(),
        print,
        types.SimpleNamespace(a=layer).a.__get__(3),
        lambda x: input(),
        lambda x: globals()["SCALES"],
        lambda x: DEVICE.run(x),
    ],
    ids=[
        "drawing",
        "drawing_by_module",
        "counting",
        "of_an_object",
        "importing",
        "looking",
        "truth",
        "either",
        "around",
        "print",
        "method",
        "input",
        "globals",
        "device",
    ],
)
def test_what_is_run_at_every_call(function):
    assert Reads.of(function) is None


def comparing(x, depth=2):
    if depth > 1 and x is not None:
        qml.RX(x[0], 0)
    for k in range(depth):
        if k % 2 == 0:
            qml.RY(x[1], 0)
    return qml.expval(qml.Z(0))


def test_comparisons_are_noted_elsewhere():
    assert Reads.of(comparing) is not None


def test_a_function_is_not_run_where_nothing_has_changed(monkeypatch):
    runs, queued = [], conversions.queued
    monkeypatch.setattr(conversions, "queued", lambda *a: runs.append(1) or queued(*a))
    held = {"scale": 1.0}

    @qml.qnode(DEVICE)
    def node(x):
        layer(x, held["scale"])
        qml.CNOT([0, 1])
        return qml.expval(qml.Y(0) + qml.Z(1))

    theirs, ours, x, y = qml.GradientDescentOptimizer(0.1), Optimizer("gd", lr=0.1), X, X
    for k in range(40):
        if k == 30:
            held["scale"] = 2.0
        x, y = theirs.step(node, x), ours.step(node, y)
        np.testing.assert_allclose(y, x, rtol=0, atol=1e-12)
    # At first, in every sixteenth call, and where it is converted anew.
    assert len(runs) == 3


def test_what_changes_unseen_is_said():
    """An operator that is changed in its place, against PennyLane's own convention."""
    turn = qml.RX(0.3, 0)

    @qml.qnode(DEVICE)
    def node(x):
        qml.apply(turn)
        qml.RX(x[0], 0)
        return qml.expval(qml.Y(0))

    theirs, ours, x = qml.GradientDescentOptimizer(0.1), Optimizer("gd", lr=0.1), X
    ours.step(node, x)
    turn.data = (0.9,)
    for _ in range(15):
        ours.step(node, x)
    with pytest.warns(UserWarning, match="up to 15 steps were of the function that it was before"):
        y = ours.step(node, x)
    np.testing.assert_allclose(y, theirs.step(node, x), rtol=0, atol=1e-12)
    turn.data = (1.4,)
    np.testing.assert_allclose(ours.step(node, x), theirs.step(node, x), rtol=0, atol=1e-12)
