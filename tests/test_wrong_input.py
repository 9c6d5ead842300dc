"""What cannot be used is refused at every door by one line of ours that says what was wrong."""

import inspect
from fractions import Fraction

import numpy as np
import pytest

import qng
from qng.errors import InputError, QngError
from qng.optimize.methods import CONTROLS, METHODS

P = qng.load("one-qubit")
C = P.circuit
WRONG_NUMBERS = ("0.1", [0.1], True, np.nan, 1j, {}, np.array([0.1, 0.2]), len, 10**400)


def outcome(call):
    """The line with which a call is refused; None where it is not."""
    try:
        call()
    except QngError as error:
        return str(error)
    return None


def refusal(call):
    """The line with which a call is refused; any other error fails the test."""
    with pytest.raises(QngError) as caught:
        call()
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 400
    return line


SHOTS_DOORS = {
    "energy": lambda shots: qng.energy(P, shots=shots),
    "gradient": lambda shots: qng.gradient(P, shots=shots),
    "hessian": lambda shots: qng.hessian(P, shots=shots),
    "metric": lambda shots: qng.metric(P, shots=shots),
    "curvature": lambda shots: qng.berry_curvature(P, shots=shots),
    "minimize": lambda shots: qng.minimize(P, "gd", steps=1, shots=shots),
    "compare": lambda shots: qng.compare(P, ["gd"], starts=1, steps=1, shots=shots),
    "step_cost": lambda shots: qng.step_cost(P, shots=shots),
}


@pytest.mark.parametrize("door", SHOTS_DOORS)
def test_shots(door):
    for wrong in (0, -1, 1.5, "100", True, [100], np.nan, np.inf, 10**30, 1j):
        assert "shots must be a whole number from 1" in refusal(
            lambda w=wrong: SHOTS_DOORS[door](w)
        )
    for whole in (1e6, np.float64(1e6), np.int64(10**6)):
        SHOTS_DOORS[door](whole)


def test_a_million_is_a_million():
    values = [qng.energy(P, shots=shots, seed=4).value for shots in (1e6, 10**6)]
    assert values[0] == values[1]
    assert qng.minimize(P, "gd", steps=1, shots=1e4).made.shots == 10_000


SEED_DOORS = {
    "energy": lambda seed: qng.energy(P, shots=100, seed=seed).value,
    "gradient": lambda seed: qng.gradient(P, shots=100, seed=seed).value,
    "hessian": lambda seed: qng.hessian(P, shots=100, seed=seed).dense(),
    "metric": lambda seed: qng.metric(P, None, "spsa", seed=seed).dense(),
    "minimize": lambda seed: qng.minimize(P, "gd", steps=2, shots=999, seed=seed).x,
    "compare": lambda seed: qng.compare(P, ["gd"], starts=2, steps=1, seed=seed).starts,
}


@pytest.mark.parametrize("door", SEED_DOORS)
def test_seeds(door):
    call = SEED_DOORS[door]
    for wrong in (None, -1, 1.5, 2.0, "a", True, [1, -2], (), {}, np.nan, np.array([1.5])):
        line = refusal(lambda w=wrong: call(w))
        assert "seed must be a whole number of at least 0" in line
    for a, b in [
        (7, np.int64(7)),
        ((1, 2), [1, 2]),
        ((1, 2), np.array([1, 2])),
        (np.random.SeedSequence(5), np.random.SeedSequence(5)),
        (np.random.default_rng(5), np.random.default_rng(5)),
    ]:
        np.testing.assert_array_equal(call(a), call(b))
    # Children of a sequence, and draws of a generator, are streams of their own.
    rng, (one, two) = np.random.default_rng(5), np.random.SeedSequence(5).spawn(2)
    assert np.any(call(one) != call(two))
    assert np.any(call(rng) != call(rng))


STARTS = {
    "two axes": (np.zeros((2, 3)), r"the shape \(2, 3\)|has 3|expected"),
    "ragged": ([[1], [2, 3]], "must be numbers"),
    "text": ("0.1", "must be real numbers"),
    "one number": (0.5, "the shape"),
    "complex": ([1j, 0], "must be real numbers"),
    "complex array": (np.array([1j, 0]), "must be real numbers"),
    "a function": (len, "must be numbers"),
    "None inside": ([None, 1], "must be numbers"),
    "nan": ([np.nan, 0], "must be finite"),
    "names": (["1", "2"], "must be real numbers"),
    "flags": ([True, False], "must be real numbers"),
    "empty": ([], "has 0 value"),
    "too long": ([0.1, 0.2, 0.3], "has 3 value"),
    "huge": ([10**400, 1], "must be numbers"),
    "object": (object(), "must be numbers"),
}


@pytest.mark.parametrize("what", STARTS)
def test_points(what):
    given, message = STARTS[what]
    for door in (
        lambda: qng.Problem(C, {"Z0": 1.0}, given),
        lambda: qng.minimize(P, "gd", start=given, steps=1),
        lambda: qng.energy(P, given),
        lambda: qng.gradient(P, given),
        lambda: qng.metric(P, given),
        lambda: qng.compare_steps(P, given, ["gd"]),
        lambda: qng.step_cost(P, start=given),
        lambda: P.reduced(given),
        lambda: C.angles(given),
        lambda: C.jacobian(given),
    ):
        with pytest.raises(InputError, match=message) as caught:
            door()
        assert "\n" not in str(caught.value)


def test_points_of_other_number_types():
    for given in ((0.25, 0.5), range(2), [Fraction(1, 4), 1], np.array([1, 2], dtype=np.int32)):
        want = np.array([float(x) for x in given])
        np.testing.assert_array_equal(P.circuit.check(given), want)


@pytest.mark.parametrize("name", {**METHODS, **CONTROLS})
def test_hyperparameters(name):
    make = {**METHODS, **CONTROLS}[name]
    for key, parameter in inspect.signature(make).parameters.items():
        is_text = isinstance(parameter.default, str)
        for wrong in WRONG_NUMBERS:
            if wrong is WRONG_NUMBERS[0] and (is_text or "str" in str(parameter.annotation)):
                continue
            if callable(wrong) and "By" in str(parameter.annotation):
                continue  # a function may be an estimator
            if isinstance(wrong, bool) and isinstance(parameter.default, bool):
                continue
            line = refusal(lambda k=key, w=wrong: qng.optimizers.named(name, **{k: w}))
            assert key in line
        if isinstance(parameter.default, (int, float)):
            # Outside of its range, if it has one, it is called what the user calls it.
            for outside in (-1, 0):
                found = outcome(lambda k=key, w=outside: qng.optimizers.named(name, **{k: w}))
                assert found is None or key in found
    with pytest.raises(InputError, match="unknown hyperparameter"):
        qng.optimizers.named(name, no_such=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: qng.minimize(P, "QNG"), "unknown method 'QNG'; did you mean qng?"),
        (lambda: qng.minimize(P, "QNG_Blocks"), "did you mean qng-blocks?"),
        (lambda: qng.minimize("H2"), "did you mean h2?"),
        (lambda: qng.metric(P, None, "EXACT"), "did you mean exact?"),
        (lambda: qng.minimize(P, gradient="EXACT"), "did you mean exact?"),
        (lambda: qng.energy(P, executor="AER"), "did you mean aer?"),
        (lambda: qng.minimize(P, lr="0.1"), "lr must be a number, not '0.1'"),
        (lambda: qng.compare(P, ["gd"], lr={"gd": "0.1"}), "lr must be a number, not '0.1'"),
        (lambda: qng.compare(P, None), "methods are names"),
        (lambda: qng.compare(P, 5), "methods are names"),
        (lambda: qng.compare(P, ["gd"], starts=2.0), "starts must be a whole number"),
        (lambda: qng.compare(P, ["gd"], starts=10**12), "starts needs 14.6 TiB"),
        (lambda: qng.compare(P, ["gd"], progress=5), "progress must be a function"),
        (lambda: qng.compare(P, ["gd"], spread="a"), "spread must be a number"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, frozen=5), "frozen must be names"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, frozen=None), "frozen must be names"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, title=5), "title must be text"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, name=None), "name must be text"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, reference=True), "reference must be a finite number"),
        (
            lambda: qng.Problem(C, {"Z0": 1.0}, reference=np.inf),
            "reference must be a finite number",
        ),
        (lambda: qng.Problem(C, {"Z0": 1.0}, accuracy="a"), "accuracy must be a positive number"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, ensemble=5), r"list of \(circuit, weight\)"),
        (lambda: qng.Problem(C, {"Z0": 1.0}, ensemble=[(C, "a")]), "weight of a circuit"),
        (lambda: qng.Problem.weighted(5, {"Z0": 1.0}), r"list of \(circuit, weight\)"),
        (lambda: qng.Problem.weighted([(C, 1.0)], {"Z0": 1.0}, strat=1), "did you mean start?"),
        (lambda: qng.save(5, "x"), "a problem is saved, not 5"),
        (lambda: qng.save(P, 5), "folder must be a path"),
        (lambda: qng.save(P, "/dev/null"), "/dev/null cannot be written"),
        (lambda: qng.save(P, "/proc/no-such"), "cannot be written: "),
        (lambda: qng.load(5), "a problem must be a path"),
        (lambda: qng.load("circuits/h2/circuit.qasm"), "is a file; a problem is its folder"),
        (lambda: qng.Circuit.from_qasm(5), "must be a path"),
        (lambda: qng.Circuit.from_qasm(b"OPENQASM 3;"), "must be a path"),
        (lambda: C.bind({C.parameters[0]: "a"}), "t0 must be a finite number"),
        (lambda: C.bind(5), "by name"),
        (lambda: C.renamed(5), "names are text"),
        (lambda: C.renamed([1, 2]), "names are text"),
        (lambda: qng.Circuit(1, 5), "operations of a circuit"),
        (lambda: qng.Circuit(1, [], 5), "parameters of a circuit"),
        (lambda: qng.Circuit(1, [], [5]), "parameters are names"),
        (lambda: qng.Rotation("X0", 0.1), "about a Pauli, not str"),
        (lambda: qng.Rotation(qng.Pauli.parse("X0"), 0.1), "an Angle"),
        (lambda: P.observable.to_qiskit("a"), "n_qubits must be a whole number"),
        (lambda: qng.executor("aer", threads=0), "threads must be a whole number"),
        (
            lambda: qng.executor("aer", seed_transpiler="a"),
            "seed_transpiler must be a whole number",
        ),
        (lambda: qng.executor("statevector", memory="a"), "memory must be a positive number"),
        (lambda: qng.executor("generic:99999"), "2 to 9999 qubits"),
        (
            lambda: qng.energy("h2", executor=qng.executor("statevector", memory=100)),
            "3 states of 4 qubits need 768 bytes, the limit is 100 bytes",
        ),
    ],
)
def test_other_arguments(call, message):
    with pytest.raises(QngError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
