"""Comparisons that grow are those that were made at once; other terms are refused in one line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.optimize.optimizer import Optimizer
from qng.optimize.search.length import Schedule
from qng.run.comparison import Comparison
from qng.run.several import Comparisons

TERMS: dict[str, Any] = {"steps": 3, "workers": 1}


def assert_same(found: Comparison, whole: Comparison) -> None:
    assert found.runs.keys() == whole.runs.keys()
    np.testing.assert_array_equal(found.starts, whole.starts)
    for label, runs in whole.runs.items():
        for one, other in zip(found.runs[label], runs, strict=True):
            assert one.fun == other.fun
            np.testing.assert_array_equal(one.trace["theta"], other.trace["theta"])


def counted(*args: Any, **options: Any) -> tuple[Any, int]:
    """A comparison, and how many runs were done."""
    seen: list[int] = []
    found = qng.compare(*args, **options, progress=lambda done, _: seen.append(done))
    return found, seen[-1] - seen[0] + (seen[0] == 1) if seen else 0


@pytest.mark.parametrize("shots", [None, 300])
def test_methods_and_starts_are_added(tmp_path: Path, shots: int | None) -> None:
    file = tmp_path / "found.json"
    terms = {**TERMS, "shots": shots, "seed": 4}
    qng.compare("textbook-2", ["gd", "qng"], starts=2, into=file, **terms)
    found, runs = counted("textbook-2", ["adam"], into=file, **terms)
    assert runs == 2
    found, runs = counted("textbook-2", ["gd"], starts=3, into=file, **terms)
    assert runs == 3
    assert_same(found, qng.compare("textbook-2", ["gd", "qng", "adam"], starts=3, **terms))
    back: Any = qng.load_run(file)
    assert_same(back, found)
    # All of it has one problem, and is one result.
    assert file.read_text().count('"~":"Problem"') == 1
    assert qng.repeat(back).ground == "bits"
    assert counted("textbook-2", ["qng"], into=file, **terms)[1] == 0
    assert counted("textbook-2", ["qng"], starts=1, into=file, **terms)[1] == 0


def test_starts_of_ones_own(tmp_path: Path) -> None:
    file, first = tmp_path / "found.json", [0.3, 0.1, 0.2, 0.5]
    one = {**TERMS, "start": first, "spread": 0.2}
    qng.compare("textbook-2", ["gd"], starts=2, into=file, **one)
    found = qng.compare("textbook-2", ["ng"], into=file, **TERMS)
    assert_same(found, qng.compare("textbook-2", ["gd", "ng"], starts=2, **one))
    more = qng.compare("textbook-2", ["ng"], starts=3, spread=0.2, into=file, **TERMS)
    assert_same(more, qng.compare("textbook-2", ["gd", "ng"], starts=3, **one))


def test_what_was_cut_is_completed(tmp_path: Path) -> None:
    def cut(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    file, terms = tmp_path / "found.json", {"starts": 4, "steps": 2, "workers": 1}
    part = qng.compare("textbook-2", ["gd", "l-bfgs-b"], into=file, progress=cut, **terms)
    assert part.interrupted
    found, runs = counted("textbook-2", ["gd", "l-bfgs-b"], into=file, **terms)
    assert runs < 8
    assert not found.interrupted
    assert_same(found, qng.compare("textbook-2", ["gd", "l-bfgs-b"], **terms))


def test_an_error_of_ones_own_keeps_what_is_done(tmp_path: Path) -> None:
    def fail(done: int, of: int) -> None:
        if done == 3:
            raise ValueError("mine")

    file = tmp_path / "found.json"
    with pytest.raises(ValueError, match="mine"):
        qng.compare("textbook-2", ["gd"], starts=4, into=file, progress=fail, **TERMS)
    kept: Any = qng.load_run(file)
    assert len(kept.runs["gd"]) >= 3


def test_several_problems(tmp_path: Path) -> None:
    file, two = tmp_path / "found.json", ["one-qubit", "textbook-2"]
    qng.compare(two, ["gd"], starts=2, into=file, **TERMS)
    qng.compare(two, ["ng"], into=file, **TERMS)
    found: Any = qng.compare("maxcut-4", ["gd"], starts=2, into=file, **TERMS)
    assert isinstance(found, Comparisons)
    assert list(found.problems) == [*two, "maxcut-4"]
    assert all(set(one.runs) == {"gd", "ng"} for one in found.problems.values())
    whole = qng.compare([*two, "maxcut-4"], ["gd", "ng"], starts=2, **TERMS)
    for label, one in whole.problems.items():
        for method in ("gd", "ng"):
            for run, other in zip(one.runs[method], found.problems[label].runs[method]):
                assert run.fun == other.fun


@pytest.mark.parametrize(
    ("problem", "methods", "terms", "message"),
    [
        ("one-qubit", ["ng"], {}, r"the problem differs: .*'one-qubit', there 'textbook-2'"),
        ("textbook-2", ["ng"], {"steps": 4}, "steps of ng differ: 4, there 3"),
        ("textbook-2", ["ng"], {"seed": 1}, "the seed differs: 1, there 0"),
        ("textbook-2", ["ng"], {"shots": 100}, "shots of ng differ: 100, there none"),
        ("textbook-2", ["ng"], {"tol": 0.1}, "tol of ng differ: 0.1, there none"),
        ("textbook-2", ["ng"], {"start": [1, 2, 3, 4]}, "the starts differ"),
        ("textbook-2", ["ng"], {"executor": "statevector:single"}, "the executor differs"),
        ("textbook-2", ["gd"], {"lr": {"gd": 0.3}}, "gd is there with other hyperparameters"),
        ("textbook-2", ["ng"], {"tune": 2}, "methods are tuned together"),
        (["textbook-2", "h2"], ["ng"], {}, "it compares on textbook-2 alone"),
    ],
)
def test_other_terms_are_refused(
    problem: Any, methods: list[str], terms: dict[str, Any], message: str
) -> None:
    there = qng.compare("textbook-2", ["gd"], starts=1, steps=3)
    with pytest.raises(InputError, match=message):
        qng.compare(problem, methods, into=there, **{"steps": 3, **terms})


def test_other_files_are_refused(tmp_path: Path) -> None:
    qng.minimize("one-qubit", "gd", steps=1).save(tmp_path / "run.json")
    with pytest.raises(InputError, match=r"run.json, which holds a Run"):
        qng.compare("one-qubit", ["gd"], into=tmp_path / "run.json")
    with pytest.raises(InputError, match="there is no folder"):
        qng.compare("one-qubit", ["gd"], into=tmp_path / "no" / "run.json")
    with pytest.raises(InputError, match="into is a comparison or its file"):
        qng.compare("one-qubit", ["gd"], into=3)  # type: ignore[call-overload]


def test_functions_are_given_again(tmp_path: Path) -> None:
    file, mine = tmp_path / "found.json", {"mine": Optimizer(Schedule(lambda t: 0.1))}
    qng.compare("one-qubit", mine, starts=2, into=file, **TERMS)
    qng.compare("one-qubit", ["gd"], into=file, **TERMS)  # nothing of it is run
    with pytest.raises(InputError, match="mine is to run from further starts, and has"):
        qng.compare("one-qubit", ["gd"], starts=3, into=file, **TERMS)


class TestMerged:
    def test_methods_of_both(self) -> None:
        one, other, whole = (
            qng.compare("textbook-2", methods, starts=2, **TERMS)
            for methods in (["gd"], ["gd", "qng"], ["gd", "qng"])
        )
        assert_same(one.merged(other), whole)

    def test_what_is_no_comparison(self) -> None:
        one = qng.compare("one-qubit", ["gd"], starts=2, **TERMS)
        with pytest.raises(InputError, match="a str cannot be merged"):
            one.merged("c.json")  # type: ignore[arg-type]

    @pytest.mark.parametrize(
        ("methods", "terms", "message"),
        [
            (["ng"], {"starts": 3}, "the starts differ: 2 and 3"),
            (["ng"], {"seed": 2}, "the seed differs"),
            (["adam"], {"shots": 100}, "shots of adam differ"),
            ({"gd": "qng"}, {}, "gd is there with other hyperparameters"),
        ],
    )
    def test_other_terms(self, methods: Any, terms: dict[str, Any], message: str) -> None:
        one = qng.compare("one-qubit", ["gd"], starts=2, **TERMS)
        other = qng.compare("one-qubit", methods, **{"starts": 2, **TERMS, **terms})
        with pytest.raises(InputError, match=message):
            one.merged(other)
