"""Entries of anybody's: one file each, of every kind, run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from qng.errors import InputError, QngError
from qng.reproduce import Reproduction, found, pictures, reproduce
from qng.reproduce.gallery import load, save
from qng.run.codec import dumps

HEAD = """
import numpy as np
import qng
from qng.reproduce import FIGURE, OWN, PRINTED, Entry, Source, Study, check, pictures, published
SOURCE = Source("key", ("Ada Lovelace",), "A title", 2024, arxiv="2401.00001")
"""

EXACT = """
def stalled(energies):
    return "near" if energies[-1] < -1 else None

ENTRY = Entry(
    "X1", "Exact run with a stop rule", SOURCE,
    studies=Study(
        "one-qubit", {"gd": published.gd(0.01), "qng": published.qng(0.01)},
        steps={"gd": 5, "qng": 60}, stop={"qng": stalled},
    ),
    checks=(
        check.energies("qng", {0: 1.0}, 2.0, PRINTED),
        check.last("qng", check.below(-1), 0, PRINTED),
        check.steps("gd", 5, PRINTED),
        check.ordering("qng < gd", FIGURE, at=5),
    ),
)
"""

SHOTS = """
ENTRY = Entry(
    "X2", "Sampled run from several starts", SOURCE,
    studies=Study(
        "textbook-2", {"qn-spsa": "qn-spsa@0.1", "gd": "gd"},
        start=np.random.default_rng(0).uniform(-1, 1, (3, 4)), steps=4, shots=400, seed=3,
    ),
    checks=(
        check.energies("gd", {4: check.Interval(-1.2, 1.2)}, 0, FIGURE, over="mean"),
        check.solved("gd", check.Interval(0, 3), OWN, chaotic="which runs come near"),
    ),
)
"""

VALUES = """
def values(results):
    return {"rank": np.linalg.matrix_rank(qng.metric("textbook-2").dense(), tol=1e-9)}

ENTRY = Entry(
    "X3", "Numbers without a run", SOURCE, values=values,
    checks=(check.value("rank", 3, 0, OWN),),
)
"""

RATES = """
ENTRY = Entry(
    "X4", "A sweep over rates", SOURCE,
    studies=lambda: {
        f"{eta:g}": Study("one-qubit", {"gd": published.gd(eta)}, starts=2, steps=3, spread=0.1)
        for eta in (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4)
    },
    values=lambda results: {"best": min(results.energies("gd", "0.4")[:, -1])},
    checks=(
        check.value("best", check.below(2.0), 0, OWN),
        check.last("gd", check.below(2.0), 0, OWN, study="0.4"),
    ),
)
"""

CIRCUITS = """
from qng.circuit.random_layers import haug, random_axes

def problem(seed):
    circuit = haug(random_axes(2, 2, seed=seed))
    return qng.Problem(circuit, qng.hamiltonians.tfim(2), np.ones(4))

ENTRY = Entry(
    "X5", "Several circuits, and a size beside", SOURCE,
    studies={
        f"circuit {k}": Study(lambda k=k: problem(k), {"gd": published.gd(0.1)}, steps=3)
        for k in range(3)
    },
    checks=(
        check.energies("gd", {3: check.below(9.0)}, 0, FIGURE, study="circuit *", over="mean"),
    ),
    picture="errors",
)
"""

KINDS = {"exact": EXACT, "shots": SHOTS, "values": VALUES, "rates": RATES, "circuits": CIRCUITS}


def entry_of(folder: Path, text: str) -> Reproduction:
    file = folder / "my-entry.py"
    file.write_text(HEAD + text)
    entry = found.entry(str(file))
    told: list[tuple[int, int, str]] = []
    done = reproduce(entry, progress=lambda *now: told.append(now))
    runs = sum(len(of) for c in done.comparisons.values() for of in c.runs.values())
    assert [number for number, _, _ in told] == list(range(1, runs + 1))
    assert {of for _, of, _ in told} <= {runs}
    return done


@pytest.mark.parametrize("kind", KINDS)
def test_an_entry_of_every_kind(kind: str, tmp_path: Path) -> None:
    done = entry_of(tmp_path, KINDS[kind])
    assert done.passed, done.verdicts
    entry = found.entry(str(tmp_path / "my-entry.py"))
    picture = pictures.picture(entry, done)
    assert (picture is None) == (kind == "values")
    again = load(save(done, tmp_path))
    assert dumps(again) == dumps(done)
    assert again.verdicts == done.verdicts
    if picture is not None:
        assert dumps(pictures.picture(entry, again)) == dumps(picture)


BROKEN = {
    "x = 1 +": "cannot be read: SyntaxError",
    "1 / 0": "cannot be read: ZeroDivisionError: division by zero",
    "raise SystemExit(3)": "cannot be read: SystemExit: 3",
    "x = 1": "defines no entry: it must say ENTRY = Entry",
    "ENTRY = 3": "defines no entry",
    "ENTRY = Entry('2P', 'T', SOURCE, checks=(check.value('x', 1, 0, OWN),))": "the id '2P' of an",
    "ENTRY = Entry('P', 'T', SOURCE)": "P checks nothing",
    "ENTRY = Entry('P', 'T', 'a text', checks=())": "the source of P is no Source: 'a text'",
    "ENTRY = Entry('P', 'T', SOURCE, checks=(3,))": "a check of P is none: 3",
    "Study('h2', ['gd'])": "the methods of a study are given by label",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_file_that_is_no_entry_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(HEAD + text)
    with pytest.raises(InputError) as error:
        found.entry(str(file))
    assert BROKEN[text] in str(error.value)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)


REFUSED = {
    "studies=Study('one-qubit', {'gd': 'gd'}), checks=(check.last('gdd', 0, 1, OWN),)":
        "unknown method 'gdd'; did you mean gd",
    "studies=lambda: 3, checks=(check.value('x', 0, 1, OWN),)": "are no studies by name",
    "studies=Study('h2', {'gd': 'gd'}, steps=3), checks=(check.energies('gd', {4: 0}, 1, OWN),)":
        "'gd, step 4' is of step 4, but gd has 3",
    "checks=(check.value('x', 0, 1, OWN),)": "X runs nothing",
    "studies=Study('one-qubits', {'gd': 'gd'}), checks=(check.last('gd', 0, 1, OWN),)":
        "did you mean one-qubit",
    "studies=Study('one-qubit', {'gd': 'gd'}, stop=lambda seen: 1 / 0), "
    "checks=(check.last('gd', 0, 1, OWN),)": "study 'x' of X failed: ZeroDivisionError",
    "studies=Study('h2', {'gd': 'gd'}), checks=(check.reference(0, 1, OWN, study='xx'),)":
        "unknown study 'xx'; did you mean x",
    "studies=lambda: 1 / 0, checks=(check.value('x', 0, 1, OWN),)":
        "the function of the studies of X failed: ZeroDivisionError",
    "values=lambda r: 1 / 0, checks=(check.value('x', 0, 1, OWN),)":
        "the function of the values of X failed: ZeroDivisionError",
    "values=lambda r: 3, checks=(check.value('x', 0, 1, OWN),)": "are no mapping",
    "values=lambda r: {'x': 'y'}, checks=(check.value('x', 0, 1, OWN),)": "is no number: 'y'",
    "values=lambda r: {'y': 1}, checks=(check.value('x', 0, 1, OWN),)": "unknown value 'x'",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_what_cannot_be_run_is_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text(f"{HEAD}\nENTRY = Entry('X', 'T', SOURCE, {text})")
    with pytest.raises(QngError) as error:
        reproduce(found.entry(str(file)))
    assert REFUSED[text] in str(error.value)
    assert "\n" not in str(error.value)


def test_an_entry_of_a_file_is_not_taken_for_one_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(f"{HEAD}\nENTRY = Entry('p2', 'T', SOURCE, (check.value('x', 1, 0, OWN),))")
    with pytest.raises(InputError, match="p2 is an entry of qng: give yours another id"):
        found.entry(str(file))
    ours = Path(found.__file__).parent / "entries" / "p2.py"
    assert found.entry(str(ours)).id == "P2"


def test_a_picture_that_cannot_be_drawn_is_one_line(tmp_path: Path) -> None:
    checks = "values=lambda r: {'x': 1}, checks=(check.value('x', 1, 0, OWN),)"
    for picture, why in {
        "lambda done: 1 / 0": "it cannot be drawn: ZeroDivisionError",
        "lambda done: 3": "it is no qng.report.plots.Picture, but 3",
        "'energie'": "unknown picture 'energie'; did you mean energies",
        "'paths'": "there is no study",
    }.items():
        file = tmp_path / "bad.py"
        file.write_text(f"{HEAD}\nENTRY = Entry('X', 'T', SOURCE, {checks}, picture={picture})")
        entry = found.entry(str(file))
        with pytest.raises(QngError, match=why):
            pictures.picture(entry, reproduce(entry))


def test_unknown_ids_suggest() -> None:
    with pytest.raises(InputError, match="unknown entry 'P02'; did you mean P2"):
        found.entry("P02")
    assert found.entry("p2").id == "P2"
    with pytest.raises(InputError, match=r"there is no file nothing\.py"):
        found.entry("nothing.py")
