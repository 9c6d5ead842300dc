"""Scans: closed forms, starts from neighbours, and going on where one has been cut."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qng
from qng.circuit import Circuit, Rotation, parameter
from qng.circuit.pauli import Pauli
from qng.errors import InputError, QngError, UnknownNameError
from qng.problem.molecule import NotConvergedError
from qng.problem.problem import Problem
from qng.report.forms import csv_text, sheet
from qng.report.scan import scan_lines
from qng.run.scan import coordinate, scan, spread
from qng.run.scanned import Scan

T = parameter("t")
FIELDS = [0.2, 0.6, 1.0]


def field(h: float) -> Problem:
    """-Z - h X on one qubit: E = -cos t - h sin t, at least -sqrt(1 + h^2)."""
    circuit = Circuit(1, [Rotation(Pauli.parse("Y0"), T)], ["t"])
    return Problem(circuit, {"Z0": -1.0, "X0": -h}, start=[0.1], title="a spin", unit="J")


def wells(h: float) -> Problem:
    """cos 2t + h sin t + cos t / 10: a well near pi/2, gone above h = 4, a deeper one at -pi/2."""
    ops = [Rotation(Pauli.parse("Y0"), 2 * T), Rotation(Pauli.parse("Y1"), T)]
    return Problem(Circuit(2, ops, ["t"]), {"Z0": 1.0, "X1": h, "Z1": 0.1}, start=[1.4])


@pytest.fixture(scope="module")
def curve() -> Scan:
    return scan(field, FIELDS, steps=60, tol=1e-12)


def test_the_curve_is_the_closed_form(curve: Scan) -> None:
    expected = -np.sqrt(1 + np.array(FIELDS) ** 2)
    np.testing.assert_allclose(curve.energies, expected, atol=1e-9)
    np.testing.assert_allclose(curve.exact, expected, atol=1e-12)
    assert curve.values.tolist() == FIELDS
    assert (curve.solved, curve.interrupted, curve.std_errors) == (3, "", None)
    assert curve.nonparallelity == pytest.approx(0, abs=1e-9)
    assert math.isnan(curve.hartree_fock[0])


def test_several_levels_are_the_closed_form(tmp_path: Path) -> None:
    given: dict[str, Any] = {"levels": 2, "steps": 60, "tol": 1e-12}
    found = scan(field, FIELDS, **given, save=tmp_path / "levels.json")
    lowest = -np.sqrt(1 + np.array(FIELDS) ** 2)
    expected = np.stack([lowest, -lowest], axis=1)
    np.testing.assert_allclose(found.levels, expected, atol=1e-8)
    np.testing.assert_allclose(found.exact_levels, expected, atol=1e-12)
    assert found.solved == 3
    back = scan(field, FIELDS, **given, save=tmp_path / "levels.json")
    assert np.array_equal(back.levels, found.levels)
    assert "level_1,exact_0" in csv_text(sheet(found)).splitlines()[0]
    assert "level 1 (J)" in found.to_markdown()
    said = ("levels", "of the states themselves, without shots and noise")
    assert said not in scan_lines(found)
    counted = scan(field, FIELDS[:1], levels=2, steps=1, shots=2000)
    assert said in scan_lines(counted)
    with pytest.raises(InputError, match="for several levels"):
        scan(field, FIELDS, within={"N": 1})
    with pytest.raises(InputError, match="no symmetries with names"):
        scan(field, FIELDS, levels=2, within={"N": 1})


def test_a_circuit_that_leaves_its_sector_solves_nothing() -> None:
    """H = h Z_0 + Z_1 / 2 with Z_0 = 1 has h -+ 1/2, and with Z_0 = -1 lower levels."""
    up = qng.PauliSum({"Z0": 1.0})
    rotations = [Rotation(Pauli.parse(f"Y{q}"), parameter(f"t{q}")) for q in (0, 1)]

    def along(ops: list[Rotation]) -> Scan:
        circuit = Circuit(2, ops, [f"t{q}" for q in range(2 - len(ops), 2)])

        def spins(h: float) -> Problem:
            return Problem(circuit, {"Z0": h, "Z1": 0.5}, start=np.full(len(ops), 0.4))

        return scan(spins, [1.0, 2.0], levels=2, within={up: 1.0}, steps=100, tol=1e-12)

    inside, outside = along(rotations[1:]), along(rotations)
    np.testing.assert_allclose(inside.levels, [[0.5, 1.5], [1.5, 2.5]], atol=1e-9)
    assert (inside.solved, inside.left) == (2, ())
    assert np.all(outside.levels.sum(axis=1) < [1.9, 3.9])
    assert all(point.run.solved for point in outside)  # as of the weighted sum, which is lower
    assert (outside.solved, outside.left) == (0, (1.0, 2.0))
    assert "which the circuit leaves" in dict(scan_lines(outside))["sector"]
    nothing = replace(outside, points=())
    assert (nothing.solved, nothing.left, len(scan_lines(nothing))) == (0, (), 4)


def test_each_start_is_the_point_of_the_neighbour(curve: Scan) -> None:
    starts = [point.run.made.start.tolist() for point in curve]
    ends = [point.run.x.tolist() for point in curve]
    assert starts == [[0.1], *ends[:-1]]


def test_the_way_back_and_own_starts_find_lower_wells() -> None:
    fields = [1.0, 3.0, 5.0]
    t = np.linspace(-np.pi, np.pi, 20001)
    deepest = [(np.cos(2 * t) + h * np.sin(t) + 0.1 * np.cos(t)).min() for h in fields]
    there = scan(wells, fields, steps=200, tol=1e-10)
    assert np.all(there.energies[:2] > np.array(deepest[:2]) + 1)
    assert there.energies[2] == pytest.approx(deepest[2], abs=1e-6)
    back = scan(wells, fields, steps=200, tol=1e-10, both=True)
    np.testing.assert_allclose(back.energies, deepest, atol=1e-6)
    assert [point.way for point in back] == ["down", "down", "up"]

    def elsewhere(h: float) -> Problem:
        return wells(h) if h < 2 else replace(wells(h), start=[-1.4])

    own = scan(elsewhere, fields, steps=200, own=True)
    np.testing.assert_allclose(own.energies[1:], deepest[1:], atol=1e-4)
    assert own[1].way == "own"
    assert sorted(own[0].runs) == ["up"]


def test_a_scan_that_was_cut_goes_on_with_what_is_there(tmp_path: Path) -> None:
    file, asked = tmp_path / "scan.json", []
    options: dict[str, Any] = {"steps": 5, "both": True, "shots": None, "seed": 3}

    def counted(h: float) -> Problem:
        asked.append(h)
        return field(h)

    def stop(found: Scan) -> None:
        if len(found) == 2:
            raise StopIteration

    cut = scan(counted, FIELDS, save=file, watch=stop, **options)
    assert (len(cut), cut.interrupted) == (2, "ended by watch after 2 of 5 runs")
    assert asked == FIELDS[:2]
    kept = qng.load_run(file)
    assert isinstance(kept, Scan)
    assert [p.run.x.tolist() for p in kept] == [p.run.x.tolist() for p in cut]
    asked.clear()
    done = scan(counted, FIELDS, save=file, **options)
    assert asked == FIELDS[2:]
    whole = scan(field, FIELDS, **options)
    assert done.interrupted == ""
    assert done.energies.tolist() == whole.energies.tolist()
    assert [p.way for p in done] == [p.way for p in whole]
    asked.clear()
    again = scan(counted, FIELDS, save=file, **options)
    assert asked == []
    assert again == done
    for change in ({"steps": 6}, {"seed": 4}, {"both": False}, {"lr": 0.3}):
        name = "method" if "lr" in change else next(iter(change))
        with pytest.raises(InputError, match=f"holds a scan that differs in {name}: give another"):
            scan(counted, FIELDS, save=file, **{**options, **change})
    qng.minimize("one-qubit", steps=1).save(file)
    with pytest.raises(InputError, match="holds a Run, and no scan"):
        scan(counted, FIELDS, save=file, **options)


def test_an_interrupt_keeps_the_points_that_are_done() -> None:
    def interrupted(h: float) -> Problem:
        if h > 0.5:
            raise KeyboardInterrupt
        return field(h)

    found = scan(interrupted, FIELDS, steps=2)
    assert (len(found), found.interrupted) == (1, "interrupted after 1 of 3 runs")
    with pytest.raises(KeyboardInterrupt):
        scan(interrupted, FIELDS[1:], steps=2)


def test_a_failure_keeps_the_points_that_are_done() -> None:
    def failing(h: float) -> Problem:
        if h > 0.5:
            raise ValueError("no")
        return field(h)

    with pytest.raises(ValueError, match="no") as caught:
        scan(failing, FIELDS, steps=2)
    assert len(caught.value.partial) == 1
    assert caught.value.partial.interrupted == "failed after 1 of 3 runs"


def test_points_that_do_not_converge_are_missing(tmp_path: Path) -> None:
    def stubborn(h: float) -> Problem:
        if h in missing:
            raise NotConvergedError("no")
        return field(h)

    missing = [0.6]
    options: dict[str, Any] = {"steps": 60, "tol": 1e-12, "both": True, "own": True}
    with pytest.warns(UserWarning, match=r"value = 0\.6 is missing: no"):
        found = scan(stubborn, FIELDS, save=tmp_path / "scan.json", **options)
    assert found.values.tolist() == [0.2, 1.0]
    assert (found.interrupted, found.missing) == ("", {"0.6": "no"})
    assert found[1].runs["up"].made.start.tolist() == found[0].runs["up"].x.tolist()
    assert sorted(found[0].runs) == ["down", "up"]
    np.testing.assert_allclose(found.energies, -np.sqrt(1 + np.array([0.2, 1.0]) ** 2), atol=1e-9)
    assert qng.load_run(tmp_path / "scan.json").missing == found.missing
    missing = []
    found = scan(stubborn, FIELDS, save=tmp_path / "scan.json", **options)
    assert found.values.tolist() == FIELDS
    assert not found.missing
    missing = FIELDS
    with (
        pytest.warns(UserWarning, match="is missing: no"),
        pytest.raises(QngError, match="no point of the scan can be"),
    ):
        scan(stubborn, FIELDS, steps=2)


def test_atoms_are_read_at_all_values_before_any_is_computed() -> None:
    for text, last, message in (
        ("H 0 0 0; H 0 0 {r}", 0.0, "r = 0: atoms 0 and 1 are at the same place"),
        ("O; H 1 1; H 1 1 2 {r}", 200.0, "r = 200: 'H 1 1 2 200.0': an angle is from 0 to 180"),
        ("H 0 0 0; Q 0 0 {r}", 1.0, "r = 90: unknown element 'Q'"),
    ):
        with pytest.raises(InputError, match=message):
            scan(text, [90.0, last])


def test_the_coordinate_has_the_unit_of_what_it_stands_for() -> None:
    assert coordinate("N 0 0 0; N 0 0 {r}", "bohr") == "r (bohr)"
    assert coordinate("O; H 1 {r}; H 1 {r} 2 104", "angstrom") == "r (angstrom)"
    assert coordinate("O; H 1 1; H 1 1 2 {r}", "bohr") == "r (degrees)"
    assert coordinate("O; H 1 {r}; H 1 1 2 {r}", "angstrom") == "r"


def test_shots_have_errors_and_one_way_only() -> None:
    found = scan(field, FIELDS[:2], steps=4, shots=400, seed=1)
    assert found.std_errors is not None
    assert np.all(found.std_errors > 0)
    assert found.nonparallelity is None
    assert "(" in found.to_markdown().splitlines()[4].split("|")[2]  # an error in brackets
    again = scan(field, FIELDS[:2], steps=4, shots=400, seed=1)
    assert found.energies.tolist() == again.energies.tolist()
    with pytest.raises(InputError, match="energies that scatter is biased: with shots leave both"):
        scan(field, FIELDS, shots=100, both=True)


def test_it_has_the_forms_of_a_result(curve: Scan, tmp_path: Path) -> None:
    rows = csv_text(sheet(curve)).splitlines()
    assert rows[0].startswith("value,start,lowest,energy,std_error,exact,hartree_fock,steps")
    assert len(rows) == 4
    assert "\\begin{tabular}" in curve.to_latex()
    assert "nonparallelity" in curve.to_markdown()
    assert "<img" in curve._repr_html_()
    picture = curve.plot()
    assert [line.name for line in picture.panels[0].lines] == ["qng", "exact"]
    np.testing.assert_array_equal(picture.panels[0].lines[0].y, curve.energies)
    curve.save(tmp_path / "scan.json")
    assert qng.load_run(tmp_path / "scan.json") == curve
    assert qng.repeat(tmp_path / "scan.json").agrees
    assert repr(curve) == "Scan('a spin', qng, points=3 of 3, solved=3)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, FIELDS), "a scan is of atoms with {r}, or of a function, not of 3"),
        (("H 0 0 0; H 0 0 1", FIELDS), r"the atoms of a scan have \{r\} for the coordinate"),
        ((field, []), "values are finite numbers, at least one"),
        ((field, [0.1, 0.1]), "values are given twice"),
        ((field, [0.1, math.inf]), "values are finite numbers"),
        ((lambda h: h, FIELDS), "a scan is of problems: the function returns 0.2"),
    ],
)
def test_what_cannot_be_scanned_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        scan(*arguments)


def test_options_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="a function makes its problems itself"):
        scan(field, FIELDS, molecule={"basis": "sto-3g"})
    with pytest.raises(UnknownNameError, match="unknown option of a molecule 'bases'"):
        scan("H 0 0 0; H 0 0 {r}", FIELDS, molecule={"bases": "sto-3g"})
    with pytest.raises(InputError, match="both must be True or False"):
        scan(field, FIELDS, both=1)


def test_values_in_words() -> None:
    assert list(spread("0.9:2.0:12")) == [round(0.9 + 0.1 * k, 1) for k in range(12)]
    assert list(spread("2,1")) == [2.0, 1.0]
    for text in ("1:2", "1:2:0", "a", "", "1:2:1"):
        with pytest.raises(InputError, match="twelve from"):
            spread(text)
