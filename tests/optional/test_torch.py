"""What PyTorch makes of our functions: its own checks of derivatives, on random circuits."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import qng
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Gate
from qng.errors import InputError, MissingPackageError
from qng.testing.strategies import cases, problems

torch = pytest.importorskip("torch", reason="the extra `torch` is missing")

import qng.adapters.torch as adapter  # noqa: E402

# PyTorch uses it itself where it follows forward derivatives.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated")

PROBLEM = qng.Problem(real_amplitudes(2, 1), {"Z0 Z1": 1.0, "X0": 0.5})
THETA = np.random.default_rng(0).normal(size=4)
POINTS = np.random.default_rng(1).normal(size=(5, 4))
CLOSE = {"rtol": 0, "atol": 1e-9}
CHECK = {"atol": 1e-7, "rtol": 1e-7, "eps": 1e-5, "check_forward_ad": True}


@pytest.fixture(autouse=True, scope="module")
def double_precision() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def point(theta: Any = THETA) -> Any:
    return torch.tensor(np.asarray(theta), requires_grad=True)


def close(found: Any, expected: Any) -> None:
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(np.asarray(found.detach()), expected, rtol=0, atol=1e-10 * scale)


@settings(max_examples=15)
@given(problems(max_qubits=3, max_ops=8, affine=True))
def test_gradcheck_of_energies(case: Any) -> None:
    circuit, theta, observable = case
    f = adapter.energy(qng.Problem(circuit, observable))
    assert torch.autograd.gradcheck(f, point(theta), check_batched_grad=True, **CHECK)
    assert torch.autograd.gradgradcheck(f, point(theta), atol=1e-7, eps=1e-5)


@settings(max_examples=8)
@given(cases(max_qubits=2, max_ops=6, affine=True))
def test_gradcheck_of_probabilities_and_metrics(case: Any) -> None:
    circuit, theta = case
    p, g = adapter.probabilities(circuit), adapter.metric(circuit)
    assert torch.autograd.gradcheck(p, point(theta), check_batched_grad=True, **CHECK)
    assert torch.autograd.gradgradcheck(p, point(theta), atol=1e-7, eps=1e-5)
    assert torch.autograd.gradcheck(g, point(theta), check_batched_grad=True, **CHECK)


@settings(max_examples=15)
@given(problems(max_qubits=3, max_ops=8))
def test_derivatives_are_ours_in_all_orders_of_forward_and_backward(case: Any) -> None:
    circuit, theta, observable = case
    problem = qng.Problem(circuit, observable)
    f, x = adapter.energy(problem), torch.tensor(theta)
    gradient, hessian = qng.gradient(problem, theta).value, qng.hessian(problem, theta).dense()
    close(f(x), qng.energy(problem, theta).value)
    for turn in (torch.func.grad, torch.func.jacfwd, torch.func.jacrev):
        close(turn(f)(x), gradient)
    for outer, inner in product((torch.func.jacfwd, torch.func.jacrev), repeat=2):
        close(outer(inner(f))(x), hessian)
    close(torch.autograd.functional.hessian(f, x), hessian)


def test_maps() -> None:
    f, x = adapter.energy(PROBLEM), torch.tensor(POINTS)
    gradients = qng.gradient(PROBLEM, POINTS).value
    hessians = np.array([qng.hessian(PROBLEM, theta).dense() for theta in POINTS])
    close(torch.vmap(f)(x), qng.energy(PROBLEM, POINTS).value)
    close(torch.vmap(torch.vmap(f))(x[None])[0], qng.energy(PROBLEM, POINTS).value)
    close(torch.vmap(f, in_dims=1)(x.T), qng.energy(PROBLEM, POINTS).value)
    for turn in (torch.func.grad, torch.func.jacfwd):
        close(torch.vmap(turn(f))(x), gradients)
    close(torch.func.grad(lambda y: torch.vmap(f)(y).sum())(x), gradients)
    close(torch.func.jvp(torch.vmap(f), (x,), (x,))[1], np.sum(gradients * POINTS, axis=1))
    for outer, inner in product((torch.func.jacfwd, torch.func.jacrev), repeat=2):
        close(torch.vmap(outer(inner(f)))(x), hessians)


def test_many_points_are_one_batch_and_value_and_gradient_one_call() -> None:
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
    for call in (f, lambda x: torch.vmap(f)(x)):
        device.batches, x = 0, point(POINTS)
        call(x).sum().backward()
        assert device.batches == 1
        close(x.grad, qng.gradient(PROBLEM, POINTS).value)
    g = adapter.metric(PROBLEM, executor=device)
    device.batches = 0
    g(point())
    assert device.batches == 1


def test_expectations() -> None:
    sums = [{"Z0": 1.0}, {"X0 X1": 0.5}]
    found = torch.func.jacrev(adapter.expectations(PROBLEM, sums))(torch.tensor(THETA))
    for j, observable in enumerate(sums):
        expected = qng.gradient(qng.Problem(PROBLEM.circuit, observable), THETA).value
        close(found[j], expected)
    assert torch.autograd.gradgradcheck(adapter.expectations(PROBLEM, sums), point())


def test_theta_comes_in_every_shape_and_type() -> None:
    f, expected = adapter.energy(PROBLEM), qng.energy(PROBLEM, THETA).value
    names = dict(zip(reversed(PROBLEM.parameters), reversed(THETA.tolist())))
    parts = [torch.tensor(THETA[:1]), torch.tensor(THETA[1:]).reshape(3, 1)]
    for theta in (THETA, THETA.tolist(), THETA.reshape(2, 2), names, parts, tuple(parts)):
        assert float(f(theta)) == pytest.approx(expected, abs=1e-14)
    a, b = point(THETA[:1]), point(THETA[1:])
    f([a, b]).backward()
    close(torch.cat([a.grad, b.grad]), qng.gradient(PROBLEM, THETA).value)
    for kind in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        x = torch.tensor(THETA, dtype=kind, requires_grad=True)
        value = f(x)
        value.backward()
        assert value.dtype == x.grad.dtype == kind
    assert f(torch.zeros(4, dtype=torch.int64)).dtype == torch.float64
    found = f(torch.full((2, 4), torch.nan))
    assert torch.isnan(found).all()


def test_lists_and_mappings_of_parameters() -> None:
    f, expected = adapter.energy(PROBLEM), qng.energy(PROBLEM, THETA).value
    parts = torch.nn.ParameterList([torch.tensor(THETA[:1]), torch.tensor(THETA[1:])])
    names = torch.nn.ParameterDict(dict(zip(PROBLEM.parameters, torch.tensor(THETA))))
    for theta in (parts, names):
        value = f(theta)
        assert float(value.detach()) == pytest.approx(expected, abs=1e-14)
        value.backward()
        assert all(part.grad is not None for part in theta.parameters())


def test_arrays_of_parameters_go_by_their_names() -> None:
    circuit = real_amplitudes(2, 1).renamed(["x[0]", "x[1]", "b", "a[0]"])
    problem = qng.Problem(circuit, PROBLEM.observable)
    f, x = adapter.energy(problem), point()
    value = f({"a": x[3:], "b": x[2], "x": x[:2]})
    value.backward()
    assert float(value.detach()) == pytest.approx(qng.energy(problem, THETA).value, abs=1e-14)
    close(x.grad, qng.gradient(problem, THETA).value)
    with pytest.raises(InputError, match="2 numbers for the parameter 'b'"):
        f({"x": x[:2], "b": x[2:]})


def test_compiled_models_have_the_numbers_of_others() -> None:
    quantum = adapter.expectations(PROBLEM.circuit, [{"Z0": 1.0}, {"X1": 1.0}])
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), adapter.Layer(quantum, THETA[2:]))
    inputs = torch.tensor(POINTS[:, :3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the compiler's own
        found = torch.compile(model, backend="eager")(inputs)
    torch.testing.assert_close(found, model(inputs))
    slopes = [
        torch.autograd.grad(y.sum(), tuple(model.parameters())) for y in (found, model(inputs))
    ]
    torch.testing.assert_close(*slopes)


def test_no_points_and_no_parameters() -> None:
    x = torch.zeros(0, 4, requires_grad=True)
    for f in (adapter.energy(PROBLEM), adapter.energy(PROBLEM, shots=100)):
        f(x).sum().backward()
        assert x.grad.shape == (0, 4)
    circuit = Circuit(1, [Gate("h", (0,))])
    still, found = torch.zeros(0, requires_grad=True), adapter.energy(qng.Problem(circuit, "X0"))
    assert float(found(still).detach()) == pytest.approx(1.0)
    found(still).backward()
    assert still.grad.shape == (0,)
    close(found(torch.zeros(3, 0)), np.ones(3))
    close(adapter.probabilities(circuit)([]), np.full(2, 0.5))
    assert torch.func.hessian(found)(still.detach()).shape == (0, 0)


def test_functions_and_models_are_pickled() -> None:
    x, f = torch.tensor(THETA), adapter.energy(PROBLEM, shots=200)
    f(x)
    again = pickle.loads(pickle.dumps(f))
    assert again(x) == f(x)  # the second call of both
    g = pickle.loads(pickle.dumps(adapter.metric(PROBLEM, "blocks", rule="wires")))
    close(g(x), qng.metric(PROBLEM, THETA, "blocks", rule="wires").dense())
    model = torch.nn.Sequential(adapter.Layer(adapter.energy(PROBLEM), torch.tensor(THETA[2:])))
    stored = io.BytesIO()
    torch.save(model, stored)
    stored.seek(0)
    loaded = torch.load(stored, weights_only=False)
    close(loaded(x[:2]), model(x[:2]).detach().numpy())


def test_refusals() -> None:
    f, g = adapter.energy(PROBLEM), adapter.metric(PROBLEM, "blocks", shots=100)
    for theta, text in (
        (torch.zeros(5), "5 number"),
        (torch.zeros(4, dtype=torch.complex64), "real numbers"),
        (torch.zeros(4, device="meta"), "meta"),
        ({"a": 1.0}, "unknown parameter 'a'"),
        ({"t0": 1.0}, "leaves out t1, t2, t3"),
        (torch.zeros(4, 5), r"in rows have the shape \(..., 4\)"),
        ("abc", "tensor of numbers"),
        ([torch.zeros(3), "a"], "tensor of numbers"),
    ):
        with pytest.raises(InputError, match=text):
            f(theta)
    with pytest.raises(InputError, match="without shots"):
        g(point()).sum().backward()
    with pytest.raises(InputError, match="order 3"):
        torch.func.jacrev(torch.func.hessian(f))(torch.tensor(THETA))
    with pytest.raises(InputError, match="seed"):
        adapter.energy(PROBLEM, shots=10)(point(), seed=1.5)


def test_forward_derivatives_are_refused_where_pytorch_would_drop_them(monkeypatch: Any) -> None:
    forward_ad, f = torch.autograd.forward_ad, adapter.energy(PROBLEM)
    monkeypatch.delattr(forward_ad, "_set_fwd_grad_enabled")
    with forward_ad.dual_level():
        theta = forward_ad.make_dual(torch.tensor(THETA), torch.ones(4))
        with pytest.raises(InputError, match="take backward"):
            f(theta)


def test_every_call_has_draws_of_its_own_and_seeds_repeat_them() -> None:
    f, g = (adapter.energy(PROBLEM, shots=200) for _ in range(2))
    x = torch.tensor(THETA)
    first, second = f(x), f(x)
    assert first != second
    assert (g(x), g(x)) == (first, second)
    assert f(x, seed=3) == g(x, seed=3) != g(x, seed=4)
    y = point()
    value = f(y, seed=3)
    value.backward()
    assert value.detach() == g(x, seed=3)
    assert len(set(f(x.expand(5, 4)).tolist())) == 5


class TestNaturalGradients:
    @pytest.mark.parametrize("momentum", [0.0, 0.9])
    def test_the_course_is_that_of_minimize(self, momentum: float) -> None:
        rate = 0.1 if momentum == 0 else 0.02
        own = (
            qng.optimizers.qng(lr=rate, trust=float("inf"))
            if momentum == 0
            else qng.optimizers.momentum_qng(lr=rate, rho=momentum, trust=float("inf"))
        )
        theta, f = point(), adapter.energy(PROBLEM)
        optimizer = adapter.NaturalGradient(theta, PROBLEM, lr=rate, momentum=momentum)

        def closure() -> Any:
            optimizer.zero_grad()
            loss = f(theta)
            loss.backward()
            return loss

        losses = [float(optimizer.step(closure).detach()) for _ in range(12)]
        run = qng.minimize(PROBLEM, own, start=THETA, steps=12)
        close(theta, run.x)
        np.testing.assert_allclose(losses, run.trace["energy"][:12], **CLOSE)

    def test_any_optimizer_takes_it_as_a_hook(self) -> None:
        theta, f = [point(THETA[:1]), point(THETA[1:])], adapter.energy(PROBLEM)
        optimizer = torch.optim.SGD(theta, lr=0.1)
        optimizer.register_step_pre_hook(adapter.natural_gradient(theta, PROBLEM))
        for _ in range(12):
            optimizer.zero_grad()
            f(theta).backward()
            optimizer.step()
        own = qng.optimizers.qng(lr=0.1, trust=float("inf"))
        expected = qng.minimize(PROBLEM, own, start=THETA, steps=12).x
        close(torch.cat(theta), expected)

    def test_gradients_that_a_closure_computes(self) -> None:
        theta, f = point(), adapter.energy(PROBLEM)
        transform = adapter.natural_gradient(theta, PROBLEM)
        optimizer = torch.optim.SGD([theta], lr=0.1)

        def closure() -> Any:
            optimizer.zero_grad()
            loss = f(theta)
            loss.backward()
            transform()
            return loss

        for _ in range(12):
            optimizer.step(closure)
        own = qng.optimizers.qng(lr=0.1, trust=float("inf"))
        close(theta, qng.minimize(PROBLEM, own, start=THETA, steps=12).x)
        optimizer.register_step_pre_hook(transform)
        for call in (lambda: optimizer.step(closure), lambda: optimizer.step(closure=closure)):
            with pytest.raises(InputError, match="end of the closure"):
                call()

    def test_parameters_without_gradients_are_held(self) -> None:
        held, free = torch.tensor(THETA[:2]), point(THETA[2:])
        adapter.energy(PROBLEM)([held, free]).backward()
        slope = free.grad.clone()
        adapter.natural_gradient([held, free], PROBLEM)()
        g = qng.metric(PROBLEM, THETA).dense()[2:, 2:] + 1e-3 * np.eye(2)
        close(free.grad, np.linalg.solve(g, slope.numpy()))
        nothing = torch.zeros(4)
        adapter.natural_gradient(nothing, PROBLEM)()
        assert nothing.grad is None

    def test_a_schedule_and_a_state_that_is_stored(self) -> None:
        theta = point()
        optimizer = adapter.NaturalGradient([theta], PROBLEM, lr=0.1, momentum=0.5)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        adapter.energy(PROBLEM)(theta).backward()
        optimizer.step()
        schedule.step()
        assert optimizer.param_groups[0]["lr"] == 0.05
        other = adapter.NaturalGradient([point()], PROBLEM, lr=0.1, momentum=0.5)
        other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        assert len(other.state_dict()["state"]) == 1

    def test_a_stored_state_goes_on_with_its_draws(self) -> None:
        def steps(optimizer: Any, theta: Any, number: int) -> None:
            for _ in range(number):
                optimizer.zero_grad()
                adapter.energy(PROBLEM)(theta).backward()
                optimizer.step()

        one, first = point(), point()
        whole, half = (
            adapter.NaturalGradient(x, PROBLEM, momentum=0.5, shots=1000) for x in (one, first)
        )
        steps(whole, one, 4)
        steps(half, first, 2)
        second = point(first.detach().numpy())
        again = adapter.NaturalGradient(second, PROBLEM, shots=1000)
        again.load_state_dict(half.state_dict())
        steps(again, second, 2)
        np.testing.assert_array_equal(second.detach(), one.detach())
        with pytest.raises(InputError, match="one group"):
            whole.add_param_group({"params": [point()]})

    def test_copies_go_on(self) -> None:
        optimizer = adapter.NaturalGradient([point()], PROBLEM, lr=0.1, momentum=0.5)
        copies = copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))
        for one in (optimizer, *copies):
            for _ in range(2):
                (theta,) = one.param_groups[0]["params"]
                one.zero_grad()
                adapter.energy(PROBLEM)(theta).backward()
                one.step()
        for one in copies:
            close(one.param_groups[0]["params"][0], theta.detach().numpy())

    def test_refusals(self) -> None:
        for arguments, text in (
            ((torch.zeros(3), PROBLEM), "3 number"),
            (([{"params": [torch.zeros(4)]}], PROBLEM), "a tensor or several"),
            ((torch.zeros(4), PROBLEM, -1.0), "lr"),
            ((torch.zeros(4), PROBLEM, 0.1, -1.0), "damping"),
            ((torch.zeros(4), PROBLEM, 0.1, 1e-3, "foo"), "metric 'foo'"),
            ((torch.zeros(4), PROBLEM, 0.1, 1e-3, "auto", 1.0), "momentum"),
        ):
            with pytest.raises(InputError, match=text):
                adapter.NaturalGradient(*arguments)


class TestLayers:
    def test_a_model_with_a_circuit_inside_is_trained(self) -> None:
        torch.manual_seed(0)
        quantum = adapter.expectations(real_amplitudes(2, 1), [{"Z0": 1.0}, {"Z1": 1.0}])
        layer = adapter.Layer(quantum, 0.1 * torch.ones(2))
        model = torch.nn.Sequential(torch.nn.Linear(3, 2), layer, torch.nn.Linear(2, 1))
        inputs = torch.randn(16, 3)
        targets = (inputs[:, :1] > 0).to(torch.float64)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        losses = []
        for _ in range(30):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < losses[0] / 3
        assert layer.weights.grad is not None
        assert set(model.state_dict()) >= {"1.weights"}
        copied = copy.deepcopy(model)
        copied.load_state_dict(model.state_dict())
        close(copied(inputs), model(inputs).detach().numpy())
        assert model.float()(inputs.float()).dtype == torch.float32

    def test_weights_alone(self) -> None:
        layer = adapter.Layer(adapter.energy(PROBLEM), THETA)
        optimizer = adapter.NaturalGradient(layer.parameters(), PROBLEM, lr=0.2)
        for _ in range(60):
            optimizer.zero_grad()
            layer().backward()
            optimizer.step()
        assert float(layer().detach()) == pytest.approx(-np.sqrt(1.25), abs=1e-6)

    def test_inputs_of_other_types_and_lengths(self) -> None:
        layer, values = adapter.Layer(adapter.energy(PROBLEM), THETA[2:]), [[1, 0], [2, 1]]
        expected = layer(torch.tensor(values, dtype=torch.float64)).detach().numpy()
        close(layer(torch.tensor(values)), expected)
        close(layer(values), expected)
        close(layer(np.array(values, float)), expected)
        assert layer(torch.zeros(0, 2)).shape == (0,)
        with pytest.raises(InputError, match="one number"):
            layer(torch.tensor(1.0))
        assert repr(layer) == "Layer(energy(4 parameter(s): t0, t1, t2, t3), weights=2)"
        with pytest.raises(InputError, match="real numbers"):
            layer(torch.zeros(2, dtype=torch.complex128))
        # Together they would be the 4 numbers of one point.
        short = adapter.Layer(adapter.energy(PROBLEM), THETA[:1])
        with pytest.raises(InputError, match="2 number"):
            short(torch.zeros(2, 1))

    def test_refusals(self) -> None:
        for arguments, text in (
            ((3, THETA), "function"),
            ((abs, np.zeros((2, 2))), "vector"),
            ((abs, np.zeros(2) * 1j), "real numbers"),
            ((adapter.energy(PROBLEM), np.zeros(5)), "these are 5 of 4 parameter"),
        ):
            with pytest.raises(InputError, match=text):
                adapter.Layer(*arguments)


def test_without_the_package_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib
    import sys

    for name in [name for name in sys.modules if name.startswith("qng.adapters.torch")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackageError, match=r"torch: pip install .*\[torch\]"):
        importlib.import_module("qng.adapters.torch")
