"""What JAX makes of our functions, against JAX's own derivatives of an independent simulator."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.errors import InputError, MissingPackageError
from qng.testing.strategies import cases, problems
from tests import dense

jax = pytest.importorskip("jax", reason="the extra `jax` is missing")
optax = pytest.importorskip("optax", reason="the extra `jax` is missing")
jnp = pytest.importorskip("jax.numpy")

import qng.adapters.jax as adapter  # noqa: E402

PROBLEM = qng.Problem(real_amplitudes(2, 1), {"Z0 Z1": 1.0, "X0": 0.5})
THETA = np.random.default_rng(0).normal(size=4)
POINTS = np.random.default_rng(1).normal(size=(5, 4))
CLOSE = {"rtol": 0, "atol": 1e-9}


@pytest.fixture(autouse=True, scope="module")
def double_precision() -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


FUNCTIONS = {
    name: getattr(jnp, name)
    for name in ("arccos", "arcsin", "arctan", "cos", "exp", "log", "sin", "sqrt", "tan")
}


def state(circuit: Any, theta: Any) -> Any:
    """psi by matrices and by angles that are read as text."""
    values = dict(zip(circuit.parameters, theta))
    n = circuit.n_qubits
    psi = jnp.zeros(2**n, complex).at[0].set(1.0)
    for op in circuit.ops:
        if hasattr(op, "angle"):
            half = eval(str(op.angle), {"__builtins__": {}, **FUNCTIONS}, values) / 2
            word = dense.word(str(op.pauli), n)
            psi = jnp.cos(half) * psi - 1j * jnp.sin(half) * (word @ psi)
        else:
            psi = dense.gate(op, n) @ psi
    return psi


def energy(circuit: Any, observable: Any) -> Callable[[Any], Any]:
    h = dense.pauli_sum(observable, circuit.n_qubits)

    def value(theta: Any) -> Any:
        psi = state(circuit, theta)
        return jnp.real(jnp.vdot(psi, h @ psi))

    return value


def metric(circuit: Any) -> Callable[[Any], Any]:
    """Re <d_i psi|d_j psi> - <d_i psi|psi><psi|d_j psi>."""

    def value(theta: Any) -> Any:
        psi = state(circuit, theta)
        real = jax.jacfwd(lambda x: jnp.real(state(circuit, x)))(theta)
        rows = (real + 1j * jax.jacfwd(lambda x: jnp.imag(state(circuit, x)))(theta)).T
        overlaps = rows.conj() @ psi
        return jnp.real(rows.conj() @ rows.T - jnp.outer(overlaps, overlaps.conj()))

    return value


def close(found: Any, expected: Any) -> None:
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8 * scale)


@settings(max_examples=5)
@given(problems(max_qubits=3, max_ops=6))
def test_energies_and_their_derivatives_are_those_of_jax(case: Any) -> None:
    circuit, theta, observable = case
    ours, theirs = adapter.energy(qng.Problem(circuit, observable)), energy(circuit, observable)
    value, slope = jax.jit(jax.value_and_grad(theirs))(theta)
    hessian = jax.jit(jax.hessian(theirs))(theta)
    close(ours(theta), value)
    found = jax.value_and_grad(ours)(jnp.asarray(theta))
    close(found[0], value)
    close(found[1], slope)
    close(jax.jit(jax.hessian(ours))(theta), hessian)


@settings(max_examples=15)
@given(problems(max_qubits=3, max_ops=8))
def test_derivatives_in_all_orders_of_forward_and_backward(case: Any) -> None:
    circuit, theta, observable = case
    problem = qng.Problem(circuit, observable)
    f, hessian = adapter.energy(problem), qng.hessian(problem, theta).dense()
    close(jax.jit(jax.grad(f))(theta), qng.gradient(problem, theta).value)
    for outer, inner in product((jax.jacfwd, jax.jacrev), repeat=2):
        close(outer(inner(f))(theta), hessian)


@settings(max_examples=4)
@given(cases(max_qubits=2, max_ops=6, max_parameters=3))
def test_probabilities_and_metrics_and_their_derivatives_are_those_of_jax(case: Any) -> None:
    circuit, theta = case

    def theirs(x: Any) -> Any:
        psi = state(circuit, x)
        return jnp.real(psi * psi.conj())

    ours = adapter.probabilities(circuit)
    close(ours(theta), theirs(theta))
    slopes = jax.jit(jax.jacfwd(theirs))(theta)
    for turn in (jax.jacfwd, jax.jacrev):
        close(turn(ours)(theta), slopes)
    close(jax.hessian(ours)(theta), jax.jit(jax.hessian(theirs))(theta))
    g = jax.jit(metric(circuit))(theta)
    change = jax.jit(jax.jacfwd(metric(circuit)))(theta)
    close(adapter.metric(circuit)(theta), g)
    for turn in (jax.jacfwd, jax.jacrev):
        close(jax.jit(turn(adapter.metric(circuit)))(theta), change)


@settings(max_examples=5)
@given(problems(max_qubits=2, max_ops=5), st.integers(1, 4))
def test_a_map_is_one_call_with_the_same_numbers(case: Any, n: int) -> None:
    circuit, theta, observable = case
    points = theta + np.linspace(0, 1, n)[:, None]
    f = adapter.energy(qng.Problem(circuit, observable))
    expected = np.array([jax.grad(f)(x) for x in jnp.asarray(points)])
    np.testing.assert_allclose(jax.jit(jax.vmap(jax.grad(f)))(points), expected, **CLOSE)
    np.testing.assert_allclose(jax.vmap(jax.jit(jax.grad(f)))(points), expected, **CLOSE)
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(f(x)))(points), expected, **CLOSE)
    twice = jax.vmap(jax.vmap(f))(points[None])
    np.testing.assert_allclose(twice[0], jax.vmap(f)(points), **CLOSE)


def test_all_points_of_a_map_are_one_batch() -> None:
    class Counting:
        name, noise = "counting", ""

        def __init__(self) -> None:
            self.inner, self.batches = qng.executor("statevector"), 0
            self.answers = self.inner.answers

        def run(self, requests: Any, seed: int) -> Any:
            self.batches += 1
            return self.inner.run(requests, seed)

    device: Any = Counting()
    f = adapter.energy(PROBLEM, executor=device)
    for call in (f, jax.grad(f), jax.hessian(f)):
        device.batches = 0
        jax.block_until_ready(jax.jit(jax.vmap(call))(POINTS))
        assert device.batches == 1


def test_expectations() -> None:
    sums = [{"Z0": 1.0}, {"X0 X1": 0.5}]
    f = adapter.expectations(PROBLEM, sums)
    for j, observable in enumerate(sums):
        one = adapter.energy(qng.Problem(PROBLEM.circuit, observable))
        np.testing.assert_allclose(jax.jacrev(f)(THETA)[j], jax.grad(one)(THETA), **CLOSE)


def test_theta_comes_in_every_shape() -> None:
    f, expected = adapter.energy(PROBLEM), qng.energy(PROBLEM, THETA).value
    names = dict(zip(reversed(PROBLEM.parameters), reversed(THETA.tolist())))
    tree = {"first": jnp.asarray(THETA[:1]), "rest": (jnp.asarray(THETA[1:3]), THETA[3])}
    for theta in (THETA, list(THETA), THETA.reshape(2, 2), names, tree):
        assert f(theta) == pytest.approx(expected, abs=1e-14)
    slope = qng.gradient(PROBLEM, THETA).value
    found = jax.grad(f)(tree)
    np.testing.assert_allclose(found["rest"][0], slope[1:3], **CLOSE)
    by_name = jax.grad(f)(names)
    np.testing.assert_allclose([by_name[p] for p in PROBLEM.parameters], slope, **CLOSE)
    np.testing.assert_allclose(f(POINTS[None])[0], qng.energy(PROBLEM, POINTS).value, **CLOSE)


ARRAYS = real_amplitudes(2, 1).renamed(["x[0]", "x[1]", "b", "a[0]"])


def test_arrays_of_parameters_go_by_their_names_and_not_by_sorted_keys() -> None:
    problem = qng.Problem(ARRAYS, PROBLEM.observable)
    f, slope = adapter.energy(problem), qng.gradient(problem, THETA).value
    tree = OrderedDict(x=jnp.asarray(THETA[:2]), b=jnp.asarray(THETA[2]), a=jnp.asarray(THETA[3:]))
    assert f(tree) == pytest.approx(qng.energy(problem, THETA).value, abs=1e-14)
    found = jax.grad(f)(tree)
    assert type(found) is OrderedDict
    np.testing.assert_allclose(found["x"], slope[:2], **CLOSE)
    np.testing.assert_allclose([found["b"], *found["a"]], slope[2:], **CLOSE)
    for wrong, text in (
        (dict.fromkeys(("t0", "t1", "t2", "t33"), 0.1), "unknown parameter"),
        ({"x": THETA[:2], "b": 0.1}, "leaves out a"),
        ({"x": THETA[:3], "b": 0.1}, "2 values for the vector 'x'"),
        ({"x": THETA[:2], "b": THETA[2:]}, "2 numbers for the parameter 'b'"),
        ({"x": THETA[:2], "rest": THETA[2:]}, "unknown parameter 'rest'"),
    ):
        with pytest.raises(InputError, match=text):
            f(wrong)
    with pytest.raises(InputError, match="unknown parameter 't33'"):
        adapter.energy(PROBLEM)(dict.fromkeys(("t0", "t1", "t2", "t33"), 0.1))


def test_functions_are_pickled_and_say_what_they_are() -> None:
    for f in (adapter.energy(PROBLEM, shots=50), adapter.metric(PROBLEM, "blocks", rule="wires")):
        again = pickle.loads(pickle.dumps(f))
        np.testing.assert_array_equal(again(THETA), f(THETA))
        assert again.parameters == PROBLEM.parameters
    assert repr(f) == "metric(4 parameter(s): t0, t1, t2, t3)"


def test_results_have_the_type_of_theta() -> None:
    f, theta = adapter.energy(PROBLEM), jnp.asarray(THETA, jnp.float32)
    value, slope = jax.value_and_grad(f)(theta)
    assert value.dtype == slope.dtype == jnp.float32
    exact = qng.energy(PROBLEM, np.asarray(theta, float)).value
    assert float(value) == float(np.float32(exact))
    assert f(jnp.zeros(4, int)).dtype == jnp.float64
    with pytest.raises(InputError, match="real"):
        f(theta * 1j)


def test_nan_comes_out_where_it_goes_in() -> None:
    points = jnp.asarray(POINTS).at[1, 2].set(jnp.nan)
    found = jax.vmap(jax.grad(adapter.energy(PROBLEM)))(points)
    assert np.isnan(found[1]).all()
    assert np.isfinite(np.delete(found, 1, 0)).all()


def test_what_is_wrong_is_said_before_anything_runs() -> None:
    f, g = adapter.energy(PROBLEM), adapter.metric(PROBLEM)
    with pytest.raises(InputError, match="5 number"):
        jax.jit(f)(jnp.zeros(5))
    with pytest.raises(InputError, match=r"shape \(4, 5\).*in rows have the shape \(..., 4\)"):
        f(jnp.zeros((4, 5)))
    for bad, text in (("ab", "tree of arrays"), (jnp.zeros(4, bool), "real numbers")):
        with pytest.raises(InputError, match=text):
            f(bad)
    with pytest.raises(InputError, match="order 3 is asked for"):
        jax.jit(jax.jacfwd(jax.hessian(f)))(THETA)
    with pytest.raises(InputError, match="metric are known up to order 1"):
        jax.hessian(g)(THETA)
    with pytest.raises(InputError, match="without shots"):
        jax.jacfwd(adapter.metric(PROBLEM, "blocks", shots=100))(THETA)
    with pytest.raises(InputError, match="seed"):
        adapter.energy(PROBLEM, shots=10)(THETA, seed=1.5)
    with pytest.raises(InputError, match="shots"):
        jax.jit(jax.grad(adapter.energy(PROBLEM, shots=6)))(THETA)
    with pytest.raises(InputError, match="ask qng"):
        jax.grad(lambda x: qng.energy(PROBLEM, x).value)(THETA)


def test_an_error_of_the_executor_keeps_its_words() -> None:
    class Broken:
        name, noise = "broken", ""
        answers = qng.executor("statevector").answers

        def run(self, requests: Any, seed: int) -> Any:
            raise InputError("the machine is on fire")

    broken: Any = Broken()
    with pytest.raises(Exception, match="the machine is on fire"):
        jax.block_until_ready(adapter.energy(PROBLEM, executor=broken)(THETA))


def test_draws_follow_the_seed_also_where_it_is_traced() -> None:
    f = adapter.energy(PROBLEM, shots=200)
    key = jax.random.key(3)
    assert f(THETA, key) == jax.jit(f)(THETA, key) != f(THETA, jax.random.key(4))
    assert f(THETA, seed=5) == f(THETA, seed=5) != f(THETA, seed=6)
    assert f(THETA) == f(THETA)
    value, _ = jax.value_and_grad(f)(THETA, seed=key)
    assert value == f(THETA, key)
    keys = jax.random.split(key, 3)
    several = jax.jit(jax.vmap(f, (None, 0)))(jnp.asarray(THETA), keys)
    np.testing.assert_array_equal(several, [f(THETA, one) for one in keys])
    assert len(set(np.asarray(jax.vmap(f)(jnp.tile(THETA, (5, 1)))).tolist())) == 5


def test_numbers_are_the_same_seeds_traced_or_not_and_none_is_cut_short() -> None:
    f = adapter.energy(PROBLEM, shots=1_000_003)
    traced = jax.jit(f)
    for seed in (3, np.int32(3), np.uint64(3), jnp.asarray(3), 2**40 + 3, np.array([3, 4])):
        assert f(THETA, seed) == traced(THETA, seed)
    assert f(THETA, 3) == f(THETA, jnp.uint32(3)) == f(THETA, np.int64(3))
    seeds = [3, 2**32 + 3, 2**40 + 3, 2**64 + 3, 2**200]
    assert len({float(f(THETA, seed)) for seed in seeds}) == len(seeds)
    with jax.enable_x64(False):
        assert f(THETA, 3) == traced(THETA, 3)
    for bad in (-1, 1.5, "a", True, np.array([-1]), jnp.zeros(2), jnp.zeros((2, 2), int)):
        with pytest.raises(InputError, match="seed must be a whole number"):
            f(THETA, bad)


def test_no_points_and_no_parameters() -> None:
    sampled = adapter.energy(PROBLEM, shots=100)
    assert sampled(jnp.zeros((0, 4)), 3).shape == (0,)
    circuit, still = Circuit(1, [Gate("h", (0,))]), jnp.zeros(0)
    f = adapter.energy(qng.Problem(circuit, "X0"))
    np.testing.assert_allclose(f([]), 1.0, **CLOSE)
    np.testing.assert_allclose(f(jnp.zeros((3, 0))), np.ones(3), **CLOSE)
    assert jax.grad(f)(still).shape == (0,)
    assert jax.hessian(f)(still).shape == adapter.metric(circuit)(still).shape == (0, 0)
    np.testing.assert_allclose(adapter.probabilities(circuit)(still), [0.5, 0.5], **CLOSE)
    one = adapter.natural_gradient(circuit)
    assert one.update(still, one.init(still), still)[0].shape == (0,)


def test_sampled_gradients_are_unbiased() -> None:
    """Means of 300 draws of 200 shots, at 5 sigma: one run in 10^6 would fail by chance."""
    slope = jax.jit(jax.vmap(jax.grad(adapter.energy(PROBLEM, shots=200)), (None, 0)))
    drawn = np.asarray(slope(jnp.asarray(THETA), jnp.arange(300)))
    error = drawn.std(axis=0) / np.sqrt(300)
    assert np.all(np.abs(drawn.mean(axis=0) - qng.gradient(PROBLEM, THETA).value) <= 5 * error)


class TestNaturalGradients:
    def run(self, transform: Any, steps: int, **options: Any) -> Any:
        optimizer = optax.chain(adapter.natural_gradient(PROBLEM, **options), transform)
        f = adapter.energy(PROBLEM)

        @jax.jit
        def step(theta: Any, state: Any) -> Any:
            updates, state = optimizer.update(jax.grad(f)(theta), state, theta)
            return optax.apply_updates(theta, updates), state

        theta, memory = jnp.asarray(THETA), optimizer.init(jnp.asarray(THETA))
        for _ in range(steps):
            theta, memory = step(theta, memory)
        return theta

    @pytest.mark.parametrize("name", ["exact", "blocks", "diagonal"])
    def test_the_course_is_that_of_minimize(self, name: str) -> None:
        own = qng.optimizers.qng(lr=0.1, metric=name, trust=float("inf"))
        expected = qng.minimize(PROBLEM, own, start=THETA, steps=12).x
        np.testing.assert_allclose(self.run(optax.scale(-0.1), 12, metric=name), expected, **CLOSE)

    def test_momentum_comes_from_optax(self) -> None:
        own = qng.optimizers.momentum_qng(lr=0.02, rho=0.9, trust=float("inf"))
        expected = qng.minimize(PROBLEM, own, start=THETA, steps=12).x
        found = self.run(optax.chain(optax.trace(0.9), optax.scale(-0.02)), 12)
        np.testing.assert_allclose(found, expected, **CLOSE)

    def test_it_chains_with_whatever_there_is(self) -> None:
        for rest in (optax.adam(0.05), optax.chain(optax.clip(0.1), optax.sgd(0.5))):
            assert qng.energy(PROBLEM, self.run(rest, 150)).value < -1.1

    def test_trees_and_other_parameters_beside_those_of_the_circuit(self) -> None:
        params = {"circuit": jnp.asarray(THETA).reshape(2, 2), "scale": jnp.asarray(2.0)}
        mask = {"circuit": True, "scale": False}
        optimizer = optax.chain(optax.masked(adapter.natural_gradient(PROBLEM), mask))
        slopes = {"circuit": jnp.ones((2, 2)), "scale": jnp.asarray(3.0)}
        updates, _ = optimizer.update(slopes, optimizer.init(params), params)
        g = qng.metric(PROBLEM, THETA).dense() + 1e-3 * np.eye(4)
        np.testing.assert_allclose(g @ updates["circuit"].ravel(), np.ones(4), atol=1e-9)
        assert updates["scale"] == 3.0
        names = dict(zip(reversed(PROBLEM.parameters), reversed(THETA.tolist())))
        one = adapter.natural_gradient(PROBLEM)
        found, _ = one.update(dict.fromkeys(names, 1.0), one.init(names), names)
        expected = updates["circuit"].ravel()
        np.testing.assert_allclose([found[p] for p in PROBLEM.parameters], expected, atol=1e-9)

    def test_every_update_has_draws_of_its_own(self) -> None:
        optimizer = adapter.natural_gradient(PROBLEM, shots=1000)
        state = optimizer.init(jnp.asarray(THETA))
        first, after = optimizer.update(jnp.ones(4), state, jnp.asarray(THETA))
        second, _ = optimizer.update(jnp.ones(4), after, jnp.asarray(THETA))
        again, _ = jax.jit(optimizer.update)(jnp.ones(4), state, jnp.asarray(THETA))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, second)

    def test_the_system_is_solved_in_double_precision(self) -> None:
        optimizer, theta = adapter.natural_gradient(PROBLEM, 1e-7), jnp.asarray(THETA, jnp.float32)
        found, _ = optimizer.update(jnp.ones(4, jnp.float32), optimizer.init(theta), theta)
        assert found.dtype == jnp.float32
        exact = optimizer.update(jnp.ones(4), optimizer.init(theta), theta.astype(float))[0]
        np.testing.assert_allclose(found, exact, rtol=1e-6)

    def test_refusals(self) -> None:
        optimizer = adapter.natural_gradient(PROBLEM)
        with pytest.raises(InputError, match="state, params"):
            optimizer.update(jnp.ones(4), optimizer.init(jnp.zeros(4)))
        with pytest.raises(InputError, match="3 number"):
            optimizer.init(jnp.zeros(3))
        with pytest.raises(InputError, match="damping"):
            adapter.natural_gradient(PROBLEM, damping=-1.0)


def test_without_the_package_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import sys

    for name in [name for name in sys.modules if name.startswith("qng.adapters.jax")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optax", None)
    with pytest.raises(MissingPackageError, match=r"optax: pip install .*\[jax\]"):
        importlib.import_module("qng.adapters.jax")
