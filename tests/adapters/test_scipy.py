"""`scipy.optimize.minimize` with a method of ours: as `qng.minimize` goes, and as SciPy's own do.

The user's function is an energy of ours here, computed by itself, so that trajectories can be
compared with those of a run that knows the problem.
"""

import numpy as np
import pytest
from scipy import optimize

import qng
from qng.errors import InputError, SurrogateWarning
from qng.execute.function import Function

H2 = qng.load("h2")
START = np.random.default_rng(0).uniform(-np.pi, np.pi, len(H2.parameters))


def energy(x):
    return float(qng.energy(H2, x).value)


def slope(x):
    return qng.gradient(H2, x).value


def minimized(method="qng", circuit=H2, fun=energy, x0=START, *, options=None, **more):
    names = ("jac", "tol", "callback", "args", "bounds", "constraints", "hess", "hessp")
    given = {name: more.pop(name) for name in names if name in more}
    ours = qng.scipy_method(method, circuit, **more)
    return optimize.minimize(fun, x0, method=ours, options=options or {"maxiter": 8}, **given)


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("qng", {"lr": 0.4}),
        ("qng", {"lr": 0.1, "trust": np.inf, "damping": 0.01}),
        ("qng-blocks", {}),
        ("momentum-qng", {}),
        ("ng", {}),
        ("qngg", {}),
        ("cqng", {}),
        ("kfac", {}),
        ("spsa", {}),
        ("qn-spsa", {}),
        ("rng", {}),
        ("adam", {}),
        ("shampoo", {}),
        ("rotosolve", {}),
    ],
)
def test_steps_are_those_of_a_run_that_knows_the_problem(method, more):
    found = minimized(method, options={"maxiter": 4}, **more)
    expected = qng.minimize(H2, method, start=START, steps=4, **more)
    assert found.x == pytest.approx(expected.x, abs=1e-7)
    assert found.fun == pytest.approx(expected.fun, abs=1e-9)
    assert found.nit == expected.nit
    assert found.success
    assert found.status == 0


def test_a_given_gradient_is_used_and_counted():
    found = minimized(jac=slope)
    assert (found.gradient, found.njev, found.nit) == ("given", 8, 8)
    assert found.nfev == 6 + 8 + 1  # is there noise, each step, the end
    assert found.x == pytest.approx(minimized().x, abs=1e-9)


def test_the_shift_rule_is_counted():
    found = minimized()
    rotations = 2 * H2.circuit.n_rotations  # every parameter turns one rotation
    assert found.gradient == "parameter-shift"
    assert found.nfev == 6 + 8 + 1 + 8 * rotations + (len(START) + 1)


@pytest.mark.parametrize("jac", [True, "3-point", None, False])
def test_all_of_scipys_words_for_a_gradient(jac):
    fun = (lambda x: (energy(x), slope(x))) if jac is True else energy
    found = minimized(fun=fun, jac=jac)
    assert found.x == pytest.approx(minimized().x, abs=1e-6)
    assert found.gradient == ("given" if jac is True else "parameter-shift")


def test_arguments_go_to_fun_and_jac():
    found = minimized(
        fun=lambda x, a, b: a * energy(x) + b, jac=lambda x, a, b: a * slope(x), args=(2.0, 1.0)
    )
    assert found.fun == pytest.approx(2 * energy(found.x) + 1)
    one = minimized(fun=lambda x, a: a * energy(x), args=2.0)  # not in a tuple, as SciPy allows
    assert one.fun == pytest.approx(2 * energy(one.x))


def test_it_converges_and_says_so():
    found = minimized("qng", tol=1e-6, lr=0.4, options={"maxiter": 200})
    assert found.success
    assert found.status == 0
    assert "converged" in found.message
    assert found.fun == pytest.approx(-1.13619, abs=1e-4)


def test_limits_are_told():
    found = minimized(tol=1e-12)
    assert (found.success, found.status, found.nit) == (False, 1, 8)
    few = minimized(tol=1e-12, options={"maxfev": 60})
    assert (few.success, few.status) == (False, 1)
    assert "the limit is 60" in few.message
    assert few.nfev <= 60 + 2 * H2.circuit.n_rotations + 1
    assert minimized(options={"maxfun": 60}).success  # as asked: there is no tol


def test_callbacks_of_both_signatures():
    points, results = [], []
    minimized(callback=lambda xk: points.append(xk))

    def told(intermediate_result):
        results.append(intermediate_result)

    found = minimized(callback=told)
    assert len(points) == len(results) == 8
    assert [r.x for r in results] == pytest.approx(np.array(points))
    assert np.array_equal(points[-1], found.x)
    assert [r.fun for r in results] == pytest.approx([energy(x) for x in points])


def test_a_callback_stops():
    def told(xk):
        raise StopIteration

    found = minimized(callback=told)
    assert (found.success, found.status, found.nit) == (False, 99, 2)


def test_disp_prints_what_scipy_prints(capsys):
    minimized(options={"disp": True, "maxiter": 1})
    said = capsys.readouterr().out
    assert "Current function value" in said
    assert "Iterations: 1" in said


def test_a_penalty_is_seen_and_differentiated():
    """A shift rule would give a wrong gradient of what is no expectation value."""

    def penalised(x):
        return energy(x) + 0.05 * x @ x

    found = minimized("gd", fun=penalised, lr=0.1)
    expected = minimized("gd", fun=penalised, jac=lambda x: slope(x) + 0.1 * x, lr=0.1)
    assert found.gradient == "finite-difference"
    assert found.x == pytest.approx(expected.x, abs=1e-7)
    with pytest.raises(InputError, match="no trigonometric polynomial"):
        minimized("gd", fun=penalised, gradient="parameter-shift")


def test_noise_is_found_and_steps_are_judged_by_it():
    """With errors taken for none, a lucky reading would hold the run."""
    rng = np.random.default_rng(5)
    found = minimized(
        fun=lambda x: energy(x) + 0.02 * rng.normal(), lr=0.4, options={"maxiter": 25}
    )
    assert found.std_error is not None
    assert 0.01 < found.std_error < 0.04
    assert energy(found.x) < energy(START) - 0.2


def test_a_metric_from_shots():
    found = minimized(shots=20_000, seed=3, metric="blocks", options={"maxiter": 5})
    again = minimized(shots=20_000, seed=3, metric="blocks", options={"maxiter": 5})
    exact = minimized(metric="blocks", options={"maxiter": 5})
    assert np.array_equal(found.x, again.x)
    assert 0 < np.abs(found.x - exact.x).max() < 0.5
    assert found.run.shots == pytest.approx(5 * 20_000, rel=0.1)


def test_a_noisy_executor_is_warned_of():
    zeros = Function(lambda circuit, qubits, shots, rng: {"0" * len(qubits): shots})
    with pytest.warns(SurrogateWarning, match="surrogate"):
        minimized(executor=zeros, shots=2000, metric="blocks", options={"maxiter": 0})


def test_no_circuit_is_needed_without_a_metric():
    found = minimized(
        "adam",
        None,
        fun=lambda x: (x[0] - 1) ** 2 + x[1] ** 2,
        x0=[0.0, 1.0],
        options={"maxiter": 200},
        tol=1e-10,
    )
    assert found.x == pytest.approx([1.0, 0.0], abs=1e-3)
    bowl = minimized(
        "newton",
        None,
        fun=lambda x: (x[0] - 1) ** 2 + 3 * x[1] ** 2,
        x0=[0.0, 1.0],
        hess=lambda x: np.diag([2.0, 6.0]),
        trust=10.0,
    )
    assert bowl.x == pytest.approx([1.0, 0.0], abs=1e-3)


def test_nothing_to_do():
    found = minimized(options={"maxiter": 0})
    assert found.nit == 0
    assert np.array_equal(found.x, START)
    assert found.jac is None


def test_what_is_not_finite_ends_the_run():
    found = minimized(fun=lambda x: np.nan)
    assert (found.success, found.status) == (False, 2)
    assert "not finite" in found.message


def test_exceptions_carry_what_was_done():
    calls = []

    def breaks(x):
        calls.append(x)
        if len(calls) > 100:
            raise ZeroDivisionError("by the user's code")
        return energy(x)

    with pytest.raises(ZeroDivisionError) as caught:
        minimized(fun=breaks)
    assert caught.value.partial.nit > 0

    def interrupts(x):
        calls.append(x)
        if len(calls) > 300:
            raise KeyboardInterrupt
        return energy(x)

    with pytest.raises(KeyboardInterrupt) as cut:
        minimized(fun=interrupts)
    assert cut.value.partial.nit > 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"bounds": [(0, 1)] * 12}, "takes no bounds"),
        ({"bounds": optimize.Bounds(0, 1)}, "takes no bounds"),
        ({"bounds": 3}, "takes no bounds"),
        ({"constraints": {"type": "eq", "fun": sum}}, "takes no constraints"),
        ({"jac": lambda x: x[:3]}, "12 numbers"),
        ({"options": {"ftol": 1e-3}}, "unknown option of the method 'ftol'"),
        ({"options": {"maxiter": -1}}, "maxiter must be"),
        ({"options": {"maxfev": 0}}, "maxfev must be"),
        ({"tol": -1.0}, "tol must be"),
        ({"x0": START[:3]}, "x0 has 3 value.* and the circuit 12 parameter"),
        ({"x0": np.full(12, np.nan)}, r"x0 must be finite, but x0\[0\] is nan"),
        ({"fun": lambda x: "0.5"}, "must return a real number, not '0.5'"),
        ({"circuit": H2.freeze("t0")}, "holds t0"),
        ({"circuit": None}, "needs the metric of a circuit"),
        ({"method": "qgn"}, "did you mean"),
        ({"learning_rate": 1}, "learning_rate"),
        ({"lr": -1}, "lr must be"),
        ({"shots": 0}, "shots must be"),
        ({"seed": -1}, "seed must be"),
        ({"executor": "nowhere"}, "unknown executor"),
        ({"metric": "overlap"}, "did you mean overlaps"),
        ({"metric": "wa"}, "of an observable"),
        ({"method": "gauss-newton"}, "of an observable"),
        ({"gradient": "adjoint"}, "gradient of a function"),
        ({"gradient": "exact"}, "give jac="),
        ({"std_error": -1}, "std_error"),
        ({"callback": 3}, "callback must be a function"),
        (
            {"callback": lambda x, state: None},
            r"callback is called with \(x\), and .* takes \(x, s",
        ),
        ({"circuit": []}, "empty list"),
        ({"circuit": [H2, "qng-demo"]}, "x0 has 12 value.* and the circuit 4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_bad_input_is_one_line_before_anything_is_computed(given, said):
    calls = []

    def counted(x):
        calls.append(x)
        return energy(x)

    with pytest.raises(InputError, match=said) as caught:
        minimized(**{"fun": counted, **given})
    assert "\n" not in str(caught.value)
    assert not calls or "jac" in given


def test_the_maker_in_the_place_of_a_method():
    with pytest.raises(InputError, match="makes a method and is none"):
        optimize.minimize(energy, START, method=qng.scipy_method)


def test_free_bounds_and_unused_second_derivatives():
    assert minimized(bounds=[(None, None)] * 12).success
    assert minimized(bounds=optimize.Bounds(-np.inf, np.inf), constraints=()).success
    with pytest.warns(RuntimeWarning, match="hessp"):
        minimized(hessp=lambda x, p: p)
    for method in ("qng", "adam"):
        with pytest.warns(RuntimeWarning, match=rf"{method} does not use Hessian information"):
            minimized(method, hess=lambda x: np.eye(12))


@pytest.mark.parametrize("method", ["rotosolve", "spsa"])
def test_a_gradient_that_is_not_used_is_told(method):
    with pytest.warns(RuntimeWarning, match="does not use gradient information"):
        minimized(method, jac=slope, options={"maxiter": 1})


def test_values_that_are_infinite_end_it_without_warnings_of_numpy():
    found = minimized(fun=lambda x: np.inf)
    assert not found.success
    assert "not finite" in found.message


def test_the_mean_of_the_metrics_of_many_circuits():
    """One step of gd in that metric, solved here."""
    data = [[0.3, -0.2], [1.0, 0.4], [-0.7, 0.9]]
    text = "OPENQASM 3.0; include 'stdgates.inc'; input float[64] a; input float[64] b; qubit[2] q;"
    gates = "ry({}) q[0]; rx({}) q[1]; cx q[0], q[1]; ry(a) q[0]; rx(b) q[1]; rz(a) q[1];"
    circuits = [qng.Circuit.from_qasm(text + gates.format(*x)) for x in data]
    problems = [qng.Problem(circuit, {"Z0": 1.0, "X1": 0.5}) for circuit in circuits]

    def loss(x):
        return float(np.mean([qng.energy(problem, x).value for problem in problems]))

    x0 = np.array([0.2, 0.5])
    more = {"lr": 0.01, "trust": np.inf, "damping": 0.0, "options": {"maxiter": 1}}
    found = minimized("qng", circuits, loss, x0, **more)
    metric = np.mean([qng.metric(circuit, x0).dense() for circuit in circuits], axis=0)
    gradient = np.mean([qng.gradient(problem, x0).value for problem in problems], axis=0)
    assert found.x == pytest.approx(x0 - 0.01 * np.linalg.solve(metric, gradient), abs=1e-7)
    other = qng.Circuit.from_qasm(text.replace("] b", "] c") + "ry(a) q[0]; rx(c) q[1];")
    with pytest.raises(InputError, match="the same parameters, but circuit 3 has a, c"):
        minimized("qng", [*circuits, other], loss, x0)


def test_a_circuit_of_qiskit():
    from qiskit import QuantumCircuit
    from qiskit.circuit import Parameter
    from qiskit.quantum_info import SparsePauliOp, Statevector

    a, b = Parameter("b"), Parameter("a")  # Qiskit's order is by name
    circuit = QuantumCircuit(2)
    circuit.ry(a, 0)
    circuit.cx(0, 1)
    circuit.rx(2 * b, 1)
    h = SparsePauliOp(["ZZ", "XI"], [1.0, 0.5])

    def value(x):
        return float(Statevector(circuit.assign_parameters(x)).expectation_value(h).real)

    found = minimized("qng", circuit, value, [0.4, 0.3], options={"maxiter": 60}, lr=0.3)
    problem = qng.Problem(circuit, h, start=[0.4, 0.3])
    expected = qng.minimize(problem, "qng", lr=0.3, steps=60)
    assert found.fun == pytest.approx(expected.fun, abs=1e-8)


def test_a_function_that_stops_is_told_what_ends_a_run():
    """A generator cannot be told of a StopIteration: that it was one was hidden."""
    asked = []

    def stops(x):
        asked.append(x)
        if len(asked) > 60:
            raise StopIteration
        return energy(x)

    with pytest.raises(RuntimeError, match="only a callback ends a run") as caught:
        minimized(fun=stops)
    assert isinstance(caught.value.__cause__, StopIteration)
    assert caught.value.partial.failed


def test_noise_is_not_followed_where_the_metric_is_flat():
    """The closed form of a flat direction: the energy never depends on t1, whose noise moves it.

    With the metric diag(1/4, 0) and sigma = 0.01/sqrt(2) of the gradient a step along t1 was
    lr sigma / damping = 0.7 radians; at a reach of lr / trust = 1 it is the trust, 0.1, times a
    normal number: beyond 5 in one of 10^6 steps, of which there are 20.
    """
    flat = qng.Circuit.from_qasm(
        "OPENQASM 3.0; include 'stdgates.inc'; input float[64] t0; input float[64] t1; qubit[2] q; "
        "ry(t0) q[0]; rz(t1) q[1];"
    )
    rng = np.random.default_rng(2)
    found = optimize.minimize(
        lambda x: np.cos(x[0]) + 0.01 * rng.normal(),
        [1.0, 0.0],
        method=qng.scipy_method("qng", flat, std_error=0.01),
        options={"maxiter": 20},
    )
    moves = np.diff([step.theta[1] for step in found.run.trace.rows])
    assert 0 < np.abs(moves).max() < 0.5
