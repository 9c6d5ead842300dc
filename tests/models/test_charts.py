"""Other coordinates: what gradients, metrics and runs become in them, of models and circuits."""

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError
from qng.models import reparametrised
from qng.report import plots
from qng.run.bench import answer
from qng.run.objective import objective_of
from qng.run.target import device_for
from tests.models.bowls import AMARI, gaussian

X = np.array([0.4, -0.3, 0.2, 0.5])


def scale():
    """The toy in (mu, log sigma), by differences and with its Jacobian."""

    def forward(x):
        return np.array([x[0], np.exp(x[1])])

    start = {"mu": AMARI["mu"], "log sigma": np.log(AMARI["sigma"])}
    return reparametrised(gaussian(), forward, lambda x: np.diag([1, np.exp(x[1])]), start=start)


def bent(jacobian=None):
    """A circuit in coordinates that mix its parameters."""

    def forward(x):
        return x + 0.3 * np.roll(x, 1) ** 2

    return reparametrised(qng.load("textbook-2"), forward, jacobian, start=X)


def distance(method, lr):
    """How far the paths in both coordinates are apart, for the time 2."""
    steps = round(2 / lr)
    make = getattr(optimizers, method)
    chosen = make(lr, damping=0.0, trust=np.inf) if method == "ng" else make(lr)
    there = scale()
    one, two = (qng.minimize(p, chosen, steps=steps).trace["theta"] for p in (gaussian(), there))
    return float(np.abs(one - there.theta(two)).max())


def test_paths_of_natural_gradient_do_not_depend_on_coordinates():
    """They differ by O(lr), those of gradient descent do not come together."""
    natural = [distance("ng", lr) for lr in (0.1, 0.05, 0.025)]
    plain = [distance("gd", lr) for lr in (0.1, 0.05, 0.025)]
    assert natural[0] < 0.01
    assert np.divide(natural[:-1], natural[1:]) == pytest.approx([2, 2], rel=0.1)
    assert min(plain) > 0.3


def test_what_a_point_has_is_pulled_back():
    problem = bent()
    theta, shift = problem.theta(X), np.roll(np.eye(4), 1, axis=0)
    slopes = np.eye(4) + 0.6 * np.diag(np.roll(X, 1)) @ shift
    inner = problem.problem
    assert qng.energy(problem, X).value == pytest.approx(qng.energy(inner, theta).value)
    assert qng.gradient(problem).value == pytest.approx(slopes.T @ qng.gradient(inner, theta).value)
    for name in ("exact", "fisher", "blocks"):
        g = qng.metric(inner, theta, name).dense()
        assert qng.metric(problem, X, name).dense() == pytest.approx(slopes.T @ g @ slopes)
    diagonal = qng.metric(problem, X, "diagonal")
    assert diagonal.is_diagonal
    g = qng.metric(inner, theta).dense()
    assert diagonal.diagonal() == pytest.approx(np.diag(slopes.T @ g @ slopes))


def test_the_hessian_is_no_tensor():
    problem, step = bent(), 1e-4
    rows = [
        (qng.gradient(problem, X + h).value - qng.gradient(problem, X - h).value) / (2 * step)
        for h in step * np.eye(4)
    ]
    assert qng.hessian(problem).dense() == pytest.approx(np.array(rows), abs=1e-6)


def test_the_connection_is_that_of_the_metric_there():
    problem, v = bent(), np.array([0.3, 0.1, -0.2, 0.4])
    device = device_for(problem, "statevector")
    objective = objective_of(problem, device, False)
    found = answer(device, objective.connection(X, v)).value

    def length(x):
        return v @ qng.metric(problem, x).dense() @ v

    step = 1e-4
    ahead, behind = (qng.metric(problem, X + h * v).dense() @ v for h in (step, -step))
    along = ahead - behind
    across = [length(X + h) - length(X - h) for h in step * np.eye(4)]
    assert found == pytest.approx(along / (2 * step) - np.array(across) / (4 * step), abs=1e-6)


def test_from_shots_errors_are_pulled_back():
    problem = bent()
    theta, slopes = problem.theta(X), problem.coordinates.slopes(X)
    here = qng.gradient(problem, X, shots=1000)
    there = qng.gradient(problem.problem, theta, shots=1000)
    assert here.covariance == pytest.approx(slopes.T @ there.covariance @ slopes)
    run = qng.minimize(problem, "qng", steps=2, shots=2000)
    assert run.shots > 4000
    with pytest.raises(InputError, match="without shots only"):
        qng.hessian(problem, X, shots=1000)


def test_held_coordinates():
    problem = bent().freeze("x1")
    run = qng.minimize(problem, "qng", steps=3)
    assert run.x[1] == X[1]
    assert run.x[0] != X[0]
    assert bent().only("x0").frozen == ("x1", "x2", "x3")
    assert problem.reduced().parameters == ("x0", "x2", "x3")


def test_compared_saved_and_read(tmp_path):
    compared = qng.compare(bent(), ["gd", "qng"], starts=2, steps=2)
    compared.save(tmp_path / "bent.json")
    again = qng.load_run(tmp_path / "bent.json")
    assert again.runs["qng"][1].fun == compared.runs["qng"][1].fun
    assert list(again.runs["qng"][0].values) == ["x0", "x1", "x2", "x3"]
    assert again.goal.title == qng.load("textbook-2").title


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"problem": "textbook-2"}, "a problem is expected"),
        ({"problem": qng.load("textbook-2").only()}, "frozen"),
        ({"forward": lambda x: x[:2]}, r"forward\(start\) has 2 value"),
        ({"forward": lambda x: "there"}, r"forward\(x\) must be"),
        ({"forward": None}, "forward must be a function"),
        ({"jacobian": lambda x: np.eye(3)}, r"must be \(4, 4\)"),
        ({"start": [np.nan] * 4}, "must be finite"),
        ({"names": ["a"]}, "start has 4 value"),
    ],
)
def test_what_is_wrong_is_said_first(given, words):
    whole = {"problem": qng.load("textbook-2"), "forward": lambda x: x, "start": X, **given}
    problem, forward = whole.pop("problem"), whole.pop("forward")
    with pytest.raises(InputError, match=words):
        reparametrised(problem, forward, **whole)


def test_methods_of_angles_are_refused():
    with pytest.raises(InputError, match="other coordinates"):
        qng.minimize(bent(), "rotosolve")


def test_paths_in_both_coordinates_in_one_picture():
    there = scale()
    runs = {"here": gaussian(), "there": there}
    paths = {name: qng.minimize(problem, "ng", steps=3) for name, problem in runs.items()}
    panel = plots.landscape(gaussian(), paths, resolution=5).panels[0]
    drawn = {trail.name: trail.points for trail in panel.trails}
    assert drawn["there"] == pytest.approx(there.theta(paths["there"].trace["theta"]))
    assert drawn["here"] == pytest.approx(paths["here"].trace["theta"])
    assert (panel.x_label, panel.y_label) == ("mu", "sigma")
