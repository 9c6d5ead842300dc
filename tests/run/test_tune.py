"""Every method has the same trials, on starts of their own; what was tried and chosen is told."""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng import optimizers
from qng.errors import InputError, MissingPackageError, UnknownNameError
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Constant, Schedule
from qng.optimize.spaces import SPACES, Range
from qng.problem.problem import Problem
from qng.run import many, tune
from qng.run.codec import dumps, loads
from qng.run.tune import grid
from qng.run.tuning import Trial, Tune, Tuning, in_words, score

GRID: dict[str, Any] = {"tuner": "grid", "threads": 1}


def made_of_eps(eps: float = 10.0) -> Optimizer:
    return optimizers.rmsprop(0.3, beta=0.5, eps=eps)


@pytest.fixture(scope="module")
def found() -> Any:
    return qng.compare(
        "one-qubit",
        ["gd", "qng", "l-bfgs-b", "gd@0.3", "adam"],
        lr={"adam": 0.2},
        starts=3,
        steps=6,
        tune=5,
        **GRID,
    )


class TestComparison:
    def test_budgets_are_equal(self, found: Any) -> None:
        tuned = {label: of for label, of in found.tuning.items() if of.trials}
        assert list(found.tuning) == list(found.runs)
        assert list(tuned) == ["gd", "qng"]
        assert {(len(of.trials), of.runs, len(of.starts)) for of in tuned.values()} == {(5, 15, 3)}
        assert {label: of.why for label, of in found.tuning.items() if not of.trials} == {
            "l-bfgs-b": "it has no learning rate",
            "gd@0.3": "the learning rate is given",
            "adam": "the learning rate is given",
        }

    def test_its_starts_are_not_compared(self, found: Any) -> None:
        starts = found.tuning["gd"].starts
        assert starts.shape == (3, 2)
        distances = np.abs(starts[:, None] - found.starts[None]).max(axis=2)
        assert distances.min() > 1e-6
        assert found.tuning["qng"].starts is starts or np.array_equal(
            found.tuning["qng"].starts, starts
        )

    def test_what_was_chosen_is_compared(self, found: Any) -> None:
        for label in ("gd", "qng"):
            tuning = found.tuning[label]
            best = min(trial.score for trial in tuning.trials)
            first = next(trial for trial in tuning.trials if trial.score == best)
            assert tuning.chosen == first.setting
            made = optimizers.named(label, **first.setting)
            assert tuning.method == made
            assert all(run.made.method == made for run in found.runs[label])
        assert found.learning_rates["gd"] == found.tuning["gd"].chosen["lr"]
        assert found.learning_rates["adam"] == 0.2
        # Tuning does not touch the others: their runs are those of a comparison without it.
        alone = qng.compare("one-qubit", ["gd@0.3"], starts=3, steps=6, threads=1)
        for one, other in zip(alone.runs["gd@0.3"], found.runs["gd@0.3"], strict=True):
            np.testing.assert_array_equal(one.trace["energy"], other.trace["energy"])

    def test_a_trial_is_a_run_of_its_setting_from_every_start(self, found: Any) -> None:
        tuning = found.tuning["gd"]
        trial = tuning.trials[2]
        runs = [
            qng.minimize("one-qubit", "gd", start=start, steps=6, **trial.setting)
            for start in tuning.starts
        ]
        assert trial.score == pytest.approx(np.mean([score(run) for run in runs]), rel=1e-6)
        assert (trial.nfev, trial.runs) == (sum(run.nfev for run in runs), 3)
        assert trial.solved == sum(bool(run.solved) for run in runs)

    def test_it_is_told(self, found: Any) -> None:
        lines = in_words(found.tuning)
        assert lines[0] == (
            "tuned: gd, qng: 5 trials of each by a grid, from 3 starts that are not compared, "
            "30 runs in all"
        )
        assert lines[1].startswith("chosen: gd lr = ")
        assert "trust = " in lines[1]
        assert lines[2:] == [
            "not tuned: l-bfgs-b: it has no learning rate",
            "not tuned: gd@0.3, adam: the learning rate is given",
        ]
        assert in_words({}) == []

    def test_it_is_stored(self, found: Any, tmp_path: Path) -> None:
        found.save(tmp_path / "found.json")
        back = qng.load_run(tmp_path / "found.json")
        assert dumps(back.tuning) == dumps(found.tuning)
        assert isinstance(back.tuning["gd"], Tuning)
        assert back.tuning["gd"].method == found.tuning["gd"].method

    def test_it_helps(self) -> None:
        """Gradient descent at a rate that is far too small."""
        methods = {"slow": optimizers.gd(0.01)}
        before, after = (
            qng.compare("one-qubit", methods, starts=4, steps=20, threads=1, **more)
            for more in ({}, {"tune": 6, "tuner": "grid"})
        )
        assert after.learning_rates["slow"] == pytest.approx(0.08)
        for one, other in zip(before.runs["slow"], after.runs["slow"], strict=True):
            assert other.fun < one.fun

    def test_any_hyperparameter_of_a_method_of_ones_own_is_tuned(self) -> None:
        """RMSProp with a beta of our own: what makes it is a function of eps."""
        made = partial(optimizers.rmsprop, 0.3, beta=0.5)
        found = qng.compare(
            "one-qubit",
            {"mine": made(eps=10.0), "gd": "gd"},
            starts=2,
            steps=6,
            tune=Tune(3, 2, "grid", {"mine": {"eps": (0.001, 0.1)}}, {"mine": made_of_eps}),
            threads=1,
        )
        tried = [trial.setting["eps"] for trial in found.tuning["mine"].trials]
        assert tried == pytest.approx([10.0, 0.001, 0.1])
        chosen = found.tuning["mine"].chosen["eps"]
        assert chosen < 1  # at eps = 10 a step is a tenth of gradient descent's at that rate
        assert found.tuning["mine"].method == made(eps=chosen)
        assert found.runs["mine"][0].made.method == made(eps=chosen)

    def test_several_problems_are_tuned_each(self) -> None:
        told: list[tuple[int, int]] = []
        found = qng.compare(
            ["one-qubit", "textbook-2"],
            ["gd"],
            starts=1,
            steps=3,
            tune=Tune(2, starts=2, tuner="grid"),
            threads=1,
            progress=lambda *call: told.append(call),
        )
        assert told == [(k, 10) for k in range(1, 11)]
        shapes = [of.tuning["gd"].starts.shape for of in found.problems.values()]
        assert shapes == [(2, 2), (2, 4)]

    def test_a_spread_holds_for_the_starts_of_trials_too(self) -> None:
        found = qng.compare("one-qubit", ["gd"], starts=2, steps=1, spread=0.01, tune=2, **GRID)
        away = np.abs(found.tuning["gd"].starts - found.starts[0])
        assert 0 < away.max() <= 0.01

    def test_the_seed_decides(self) -> None:
        first, same, other = (
            qng.compare("one-qubit", ["gd"], starts=1, steps=1, seed=seed, tune=2, **GRID)
            for seed in (1, 1, 2)
        )
        assert dumps(first.tuning["gd"].starts) == dumps(same.tuning["gd"].starts)
        assert dumps(first.tuning["gd"].starts) != dumps(other.tuning["gd"].starts)

    def test_nothing_is_done_twice_with_a_ledger(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call: dict[str, Any] = {"starts": 2, "steps": 2, "ledger": tmp_path / "runs.db"}
        first = qng.compare("one-qubit", ["gd", "qng"], tune=3, **call, **GRID)
        monkeypatch.setattr(many.Runs, "__call__", None)
        again = qng.compare("one-qubit", ["gd", "qng"], tune=3, **call, **GRID)
        assert dumps(first.tuning) == dumps(again.tuning)

    def test_ctrl_c_while_it_is_tuned(self) -> None:
        def tired(done: int, _: int) -> None:
            if done == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            qng.compare("one-qubit", ["gd"], starts=1, steps=1, tune=3, progress=tired, **GRID)
        found = qng.compare(
            ["one-qubit", "textbook-2"], ["gd"], starts=1, steps=1, progress=tired, tune=1, **GRID
        )
        assert list(found.problems) == ["one-qubit"]
        assert found.interrupted

    def test_an_error_while_it_is_tuned(self) -> None:
        def broken(done: int, _: int) -> None:
            raise RuntimeError("no more")

        with pytest.raises(RuntimeError) as caught:
            qng.compare("one-qubit", ["gd"], starts=1, steps=1, tune=3, progress=broken, **GRID)
        assert not hasattr(caught.value, "partial")


class TestTune:
    def test_a_method_by_name(self) -> None:
        found = qng.tune(
            "one-qubit", "qng", trials=4, space={"damping": (1e-4, 1e-1)}, steps=4, **GRID
        )
        settings = [trial.setting["damping"] for trial in found.trials]
        np.testing.assert_allclose(settings, [1e-3, 1e-4, math.sqrt(1e-5), 1e-1], rtol=5e-3)
        assert found.method == optimizers.qng(damping=found.chosen["damping"])
        run = qng.minimize("one-qubit", found.method, steps=4)
        assert run.nit == 4

    def test_whole_numbers_are_whole(self) -> None:
        found = qng.tune(
            "one-qubit", "l-bfgs-b", trials=3, space={"memory": (2, 9)}, steps=2, **GRID
        )
        assert found.method == optimizers.l_bfgs_b(memory=round(found.chosen["memory"]))

    def test_a_method_that_is_complete(self) -> None:
        method = optimizers.qng(0.1, damping=0.02, trust=math.inf)
        found = qng.tune("one-qubit", method, trials=4, steps=4, **GRID)
        rates = [trial.setting["lr"] for trial in found.trials]
        np.testing.assert_allclose(rates, [0.1, 0.1 / 16, 0.1 / math.sqrt(2), 0.8], rtol=5e-3)
        assert found.method == replace(method, search=Constant(found.chosen["lr"]))

    def test_starts_that_are_given(self) -> None:
        points = [[0.1, 0.2], [1.0, 2.0]]
        found = qng.tune("one-qubit", "gd", trials=1, starts=points, steps=1, **GRID)
        np.testing.assert_array_equal(found.starts, points)
        assert found.runs == 2

    def test_a_setting_that_fails_is_not_chosen(self) -> None:
        space = {"lr": (1e-3, 1e9)}
        found = qng.tune("one-qubit", "gd", trials=3, space=space, steps=3, **GRID)
        assert [math.isinf(trial.score) for trial in found.trials] == [False, False, True]
        all_fail = {"lr": (1e8, 1e9)}
        found = qng.tune("one-qubit", optimizers.gd(1e8), trials=2, space=all_fail, steps=3, **GRID)
        assert found.best is None
        assert found.chosen == {}
        assert found.method == optimizers.gd(1e8)
        assert in_words({"": found})[1] == "chosen: method as it was: all its trials failed"


class TestScores:
    def test_solved_runs_count_their_updates(self) -> None:
        run = qng.minimize("one-qubit", "qng", steps=60)
        assert run.solved
        assert score(run) == pytest.approx(run.steps_to() / 60 - 1)

    def test_others_the_decades_that_are_left(self) -> None:
        run = qng.minimize("one-qubit", "gd", steps=1)
        assert run.error is not None
        assert score(run) == pytest.approx(math.log10(run.error / run.accuracy))

    def test_without_a_reference_the_energy(self) -> None:
        run = qng.minimize("one-qubit", "gd", steps=1)
        unknown = replace(run, goal=replace(run.goal, reference=None))
        assert score(unknown) == run.fun

    def test_failures_are_the_worst(self) -> None:
        run = qng.minimize("one-qubit", "gd", steps=1)
        assert score(replace(run, failed=True)) == math.inf
        assert score(replace(run, fun=math.nan)) == math.inf


class TestSpaces:
    def test_every_method_has_a_row(self) -> None:
        assert set(SPACES) == {*optimizers.METHODS, *optimizers.CONTROLS}
        for name, space in SPACES.items():
            assert ("lr" in space) == optimizers.takes(name, "lr")
            assert ("sigma" in space) == optimizers.takes(name, "sigma")
            for of in space.values():
                for share in (0.0, 0.3, 1.0):
                    assert optimizers.named(name, **{k: r.at(share) for k, r in space.items()})
                assert (of.at(0), of.at(1)) == (of.low, of.high)

    @pytest.mark.parametrize("n", [0, 1, 2, 7])
    def test_a_grid_fills_a_space(self, n: int) -> None:
        one = list(grid({"lr": Range(1e-3, 1.0)}, n))
        two = list(grid({"lr": Range(1e-3, 1.0), "trust": Range(0.1, 1.0)}, n))
        assert (len(one), len(two)) == (n, n)
        ratios = np.diff(np.log([of["lr"] for of in one]))
        np.testing.assert_allclose(ratios, ratios[:1].repeat(len(ratios)), rtol=0.02)
        for a, b in combinations(two, 2):
            assert a["lr"] != b["lr"]
            assert a["trust"] != b["trust"]

    def test_ranges_are_stored(self) -> None:
        assert loads(dumps(Range(0.1, 1.0))) == Range(0.1, 1.0)


def refused() -> Iterable[Any]:
    yield {"tune": 0}, InputError, "the number of trials must be a whole number of at least 1"
    yield {"tuner": "grid"}, InputError, "no number of trials"
    yield {"tune": 3, "tuner": "random"}, InputError, "a tuner is one of auto, grid, optuna"
    yield {"tune": Tune(3), "tuner": "grid"}, InputError, "tune says its tuner"
    for spaces, error, message in (
        ({"ng": {"lr": (0.1, 1)}}, InputError, "'ng', which is not compared"),
        ({"gd": {"rate": (0.1, 1)}}, UnknownNameError, "hyperparameter of gd 'rate'"),
        ({"gd": {"lr": 3}}, InputError, r"in a range, as \(0.01, 1.0\), not 3"),
        ({"gd": {"lr": (1, 0.1)}}, InputError, "a range goes up"),
        ({"gd": {"lr": (0, 0.1)}}, InputError, "least value of a range must be a positive"),
        ({"gd": {"lr": ("a", 1)}}, InputError, "must be a finite number"),
        ({"gd@0.2": {"lr": (0.1, 1)}}, InputError, "and so is its learning rate"),
        ({"mine": {"trust": (0.1, 1)}}, InputError, "only lr can be tuned"),
        ([], InputError, "spaces are ranges by method"),
    ):
        yield lambda spaces=spaces: {"tune": Tune(2, spaces=spaces)}, error, message
    eps = {"mine": {"eps": (0.1, 1)}}
    for given, made, message in (
        (eps, [], "made are functions by method"),
        (eps, {"mine": 3}, "made are functions by method"),
        ({}, {"mine": made_of_eps}, "mine is made of hyperparameters: give their ranges"),
        ({"mine": {"lr": (1, 2)}}, {"mine": made_of_eps}, "has no hyperparameter lr"),
        (eps, {"mine": lambda eps: made_of_eps(eps)}, "with a number as its default"),
        (eps | {"new": {"eps": (1, 2)}}, {"new": made_of_eps}, "'new', which is not compared"),
    ):
        yield (
            lambda given=given, made=made: {"tune": Tune(2, spaces=given, made=made)},
            InputError,
            message,
        )
    yield {"tune": Tune(2, starts=[[0.1]])}, InputError, "theta"
    yield lambda: {"tune": Tune(2, starts=0)}, InputError, "starts for tuning must be"
    own = qng.load("one-qubit").initial[None]
    yield {"tune": Tune(2, starts=own)}, InputError, "is compared, too"


@pytest.mark.parametrize(("settings", "error", "message"), list(refused()))
def test_bad_input(settings: Any, error: type[Exception], message: str) -> None:
    methods = {"gd": "gd", "gd@0.2": "gd@0.2", "mine": optimizers.gd()}

    def call() -> None:
        given = settings() if callable(settings) else settings
        qng.compare("one-qubit", methods, starts=2, steps=1, **given)

    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("rotosolve", "rotosolve cannot be tuned: it has no learning rate"),
        ("gd@0.1", "the learning rate is given"),
        (Optimizer(Schedule(lambda t: 0.1)), "it is complete, and has no learning rate"),
    ],
)
def test_what_cannot_be_tuned(method: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        qng.tune("one-qubit", method, steps=1, **GRID)


def test_without_optuna(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tune, "find_spec", lambda name: None)
    found = qng.tune("one-qubit", "gd", trials=1, starts=1, steps=1)
    assert found.tuner == "grid"
    with pytest.raises(MissingPackageError, match=r"quantum-natural-gradient\[tune\]"):
        qng.tune("one-qubit", "gd", trials=1, tuner="optuna", steps=1)


def test_edges_are_told() -> None:
    def tuned(best: int) -> Tuning:
        rates = (0.1, 0.01, 1.0)
        trials = tuple(
            Trial({"lr": lr}, float(k != best), 0, 1, 1, 0, 0.0) for k, lr in enumerate(rates)
        )
        return Tuning("gd", "grid", {}, trials, optimizers.gd(), np.zeros((1, 1)))

    told = [in_words({"gd": tuned(best)})[1] for best in range(3)]
    assert told == [
        "chosen: gd lr = 0.1",
        "chosen: gd lr = 0.01 (the least tried)",
        "chosen: gd lr = 1 (the largest tried)",
    ]


def test_trials_add_up() -> None:
    trials = (
        Trial({"lr": 0.1}, 1.0, 0, 3, 30, 300, 0.5),
        Trial({"lr": 1.0}, 0.5, 1, 3, 40, 0, 1.0),
    )
    tuning = Tuning("gd", "grid", {}, trials, optimizers.gd(), np.zeros((3, 1)))
    assert (tuning.runs, tuning.nfev, tuning.shots, tuning.seconds) == (6, 70, 300, 1.5)
    assert tuning.best is trials[1]


def test_a_problem_without_a_reference() -> None:
    problem = qng.load("one-qubit")
    weighted = Problem(
        problem.circuit, {"Z0": 1.0}, ensemble=[(problem.circuit, 0.5), (problem.circuit, 0.5)]
    )
    found = qng.tune(weighted, "gd", trials=2, steps=2, **GRID)
    assert {trial.solved for trial in found.trials} == {None}


def test_a_partial_comparison_says_how_its_methods_were_tuned() -> None:
    def broken(done: int, _: int) -> None:
        if done == 4:
            raise RuntimeError("no more")

    with pytest.raises(RuntimeError) as caught:
        qng.compare(
            "one-qubit", ["gd"], starts=2, steps=1, tune=Tune(3, 1, "grid"), progress=broken
        )
    partial = vars(caught.value)["partial"]
    assert len(partial.runs["gd"]) == 1
    assert len(partial.tuning["gd"].trials) == 3


def test_a_generator_as_a_seed_is_drawn_from_once() -> None:
    call: dict[str, Any] = {"starts": 2, "steps": 1, "tune": 1, **GRID}
    seed = np.random.default_rng(3)
    found = qng.compare(["one-qubit", "textbook-2"], ["gd"], seed=seed, **call)
    alone = qng.compare("textbook-2", ["gd"], seed=np.random.default_rng(3), **call)
    np.testing.assert_array_equal(found.problems["textbook-2"].starts, alone.starts)
