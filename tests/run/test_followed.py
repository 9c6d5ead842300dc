"""Bars of runs, comparisons and evolutions: in a terminal, in a notebook, nowhere else."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import qng
from qng.errors import InputError
from qng.report.notebook import bar, bars


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")


@pytest.fixture
def pages(monkeypatch):
    """What a notebook shows, in a process that takes itself for one."""
    shown: list[str] = []

    class Handle:
        def update(self, page):
            shown.append(page)

    def display(page, display_id):
        assert display_id
        shown.append(page)
        return Handle()

    ipython, module = ModuleType("IPython"), ModuleType("IPython.display")
    ipython.get_ipython = lambda: SimpleNamespace(kernel=object())
    module.display, module.HTML = display, str
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr(bars, "_SECONDS", 0.0)
    return shown


RUNS = {
    "run": (
        lambda: qng.minimize("qng-demo", "qng", steps=3, progress=True),
        ("qng on qng-demo", "3/3", "-0."),
    ),
    "comparison": (
        lambda: qng.compare("qng-demo", ["gd", "qng"], starts=2, steps=2, workers=1, progress=True),
        ("gd, qng on qng-demo", "4/4", "runs"),
    ),
    "evolution": (
        lambda: qng.evolve("textbook-2", 0.5, times=[0.1], progress=True),
        ("evolution of textbook-2", "3/3", "time 0.5"),
    ),
}


@pytest.mark.parametrize("made", RUNS.values(), ids=RUNS)
def test_a_bar_in_a_terminal(made, terminal, capsys):
    make, _ = made
    make()
    out, err = capsys.readouterr()
    assert out == ""
    assert "━" in err


@pytest.mark.parametrize("made", RUNS.values(), ids=RUNS)
def test_a_bar_in_a_notebook(made, pages, capsys):
    make, words = made
    make()
    assert capsys.readouterr() == ("", "")
    assert all(word in pages[-1] for word in words), pages[-1]
    assert "<progress" in pages[-1]
    assert len(pages) > 2


@pytest.mark.parametrize("made", RUNS.values(), ids=RUNS)
def test_no_bar_where_nobody_looks(made, capsys):
    make, _ = made
    make()
    assert capsys.readouterr() == ("", "")


def test_a_bar_changes_nothing(pages):
    settings = {"steps": 4, "shots": 2000, "seed": 3}
    seen: list[int] = []
    plain = qng.minimize("qng-demo", "qng", **settings)
    shown = qng.minimize(
        "qng-demo", "qng", watch=lambda step: seen.append(step.step), progress=True, **settings
    )
    assert np.array_equal(plain.trace["theta"], shown.trace["theta"])
    assert seen == [0, 1, 2, 3]
    assert "±" in pages[-1]


def test_a_run_in_a_ledger_has_a_bar_and_needs_none_to_go_on(tmp_path, pages):
    path = tmp_path / "runs.db"
    run = qng.minimize("qng-demo", "gd", steps=2, ledger=path, progress=True)
    assert run.nit == 2
    assert "2/2" in pages[-1]
    assert np.array_equal(qng.resume(ledger=path).x, run.x)


def test_a_run_that_fails_leaves_its_bar_as_it_was(pages):
    def stumble(step):
        if step.step == 1:
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        qng.minimize("qng-demo", "gd", steps=5, watch=stumble, progress=True)
    assert "2/5" in pages[-1]


def test_whatever_a_problem_is_called_is_text(pages):
    with bar("<b>[red]&", 2, "steps") as moved:
        moved(1, "<i>")
    assert "<b>" not in pages[-1]
    assert "<i>" not in pages[-1]


def test_brackets_are_no_colours_of_a_terminal(terminal, capsys):
    with bar("[red]x[0]", 2) as moved:
        moved(2, "[0]")
    assert "[red]x[0]" in capsys.readouterr().err


def test_progress_is_yes_or_no_or_as_before():
    with pytest.raises(InputError, match="progress must be True or False, not 'yes'"):
        qng.minimize("qng-demo", progress="yes")
    with pytest.raises(InputError, match="progress must be True or False, not 1"):
        qng.evolve("textbook-2", 0.1, progress=1)
    with pytest.raises(InputError, match="progress must be a function"):
        qng.compare("qng-demo", progress="yes")
    told: list[int] = []
    with pytest.warns(DeprecationWarning, match="use watch"):
        qng.minimize("qng-demo", steps=2, progress=lambda done, steps, energy: told.append(done))
    assert told == [1, 2]
    assert qng.minimize("qng-demo", steps=1, progress=None).nit == 1
