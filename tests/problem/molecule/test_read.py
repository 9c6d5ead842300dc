"""What is read: atoms, files of integrals, operators of fermions; and what is refused of them."""

from pathlib import Path

import numpy as np
import pytest

from qng.errors import InputError, UnknownNameError
from qng.problem.molecule import molecule
from qng.problem.molecule.atoms import BOHR, read_atoms
from qng.problem.molecule.fcidump import read_fcidump
from qng.problem.molecule.read import from_fermions
from tests.problem.molecule import electrons

HEADER = "&FCI NORB=2,NELEC=2,MS2=0,\n ORBSYM=1,1,\n ISYM=1,\n&END\n"


def test_atoms_are_text_lists_or_files(tmp_path: Path) -> None:
    text = read_atoms("li 0 0 0; H 0, 0, 1.6")
    lines = read_atoms("Li 0 0 0\nH 0 0 1.6\n")
    listed = read_atoms(["Li", "H"], [[0, 0, 0], [0, 0, 1.6]])
    (tmp_path / "lih.xyz").write_text("2\n\nLi 0 0 0\nH 0 0 1.6 extra\n")
    of_file = read_atoms(tmp_path / "lih.xyz")
    for found in (text, lines, listed, of_file):
        assert found.symbols == ("Li", "H")
        np.testing.assert_array_equal(found.positions, [[0, 0, 0], [0, 0, 1.6]])
    assert (text.electrons, text.core, text.formula) == (4, 1, "LiH")
    in_bohr = read_atoms("H 0 0 0; H 0 0 2", unit="bohr")
    assert in_bohr.positions[1, 2] == pytest.approx(2 * BOHR)
    # Neon's shells below sodium, argon's below potassium, and 3d below gallium.
    assert [read_atoms(f"{name} 0 0 0").core for name in ("Ne", "Na", "K", "Zn", "Ga")] == [
        1, 5, 9, 9, 9,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("two\n\nH 0 0 0\n", "is no XYZ file, whose first line is the number of atoms"),
        ("2\n\nH 0 0 0\n", r"has 1 atom\(s\) after its first two lines, not 2"),
        ("1\n\nH 0 0\n", "an atom is an element and three coordinates"),
        ("", "is no XYZ file"),
    ],
)
def test_files_that_are_no_atoms(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "wrong.xyz").write_text(content)
    with pytest.raises(InputError, match=message):
        read_atoms(tmp_path / "wrong.xyz")


def test_atoms_that_are_none() -> None:
    for given, message in (
        ("", "there is no atom"),
        ("H 0 0 0; H 0 0 0", "atoms 0 and 1 are at the same place"),
        ("H 0 0 nan", "coordinates must be finite"),
        ([3], "a molecule is text"),
    ):
        with pytest.raises(InputError, match=message):
            read_atoms(given)
    with pytest.raises(InputError, match="unknown element 'Xx'; known are those from H to Xe"):
        read_atoms("Xx 0 0 0")


def test_elements_are_symbols_with_labels_or_numbers() -> None:
    assert read_atoms("1 0 0 0; H2 0 0 1; o 0 1 0; 17 1 0 0; Na12 2 2 2").symbols == (
        "H", "H", "O", "Cl", "Na",
    )  # fmt: skip
    for name in ("0", "55", "Qq", "H-", "GHOST-H", "*"):
        with pytest.raises(InputError, match="known are those from H to Xe"):
            read_atoms(f"{name} 0 0 0")


def test_formulas_are_the_usual_ones() -> None:
    for symbols, formula in (
        ("O H H", "H2O"), ("H Be H", "BeH2"), ("H F", "HF"), ("H N H H", "NH3"), ("Cl Na", "NaCl"),
        ("O C", "CO"), ("H C N", "CHN"), ("O C H H", "CH2O"), ("O O", "O2"), ("H Li", "LiH"),
    ):  # fmt: skip
        at = np.arange(3 * len(symbols.split())).reshape(-1, 3)
        assert read_atoms(symbols.split(), at).formula == formula


def angle(u: np.ndarray, v: np.ndarray) -> float:
    return float(np.degrees(np.arccos(u @ v / np.linalg.norm(u) / np.linalg.norm(v))))


def test_a_z_matrix_has_its_distances_and_angles() -> None:
    text = "C; O 1 1.2; H 1 1.1 2 121; H 1 1.05 2 119 3 170; F 2 1.4 1 100 4 -60"
    found = read_atoms(text)
    c, o, h, k, f = found.positions
    assert found.symbols == ("C", "O", "H", "H", "F")
    lengths = [np.linalg.norm(v) for v in (o - c, h - c, k - c, f - o)]
    np.testing.assert_allclose(lengths, [1.2, 1.1, 1.05, 1.4], atol=1e-12)
    angles = [angle(o - c, h - c), angle(o - c, k - c), angle(c - o, f - o)]
    np.testing.assert_allclose(angles, [121, 119, 100], atol=1e-9)
    # IUPAC: clockwise is positive, looking along the bond in the middle.
    for a, b, d, e, expected in ((k, c, o, h, 170.0), (f, o, c, k, -60.0)):
        first, middle, last = b - a, d - b, e - d
        one, two = np.cross(first, middle), np.cross(middle, last)
        y, x = np.linalg.norm(middle) * (first @ two), one @ two
        assert np.degrees(np.arctan2(y, x)) == pytest.approx(expected, abs=1e-9)
    in_bohr = read_atoms(text, unit="bohr")
    np.testing.assert_allclose(in_bohr.positions, found.positions * BOHR, atol=1e-14)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("O; H 2 0.96", "atoms are those before it, 1 to 1, each once"),
        ("O; H 1 0.96; H 1 0.96 1 104", "1 to 2, each once"),
        ("O; H 1 -0.96", "a distance must be positive"),
        ("O; H 1 0.96; H 1 0.96 2 181", "an angle is from 0 to 180"),
        ("O; H 1 x", "a line of a Z-matrix is an element, then numbers of atoms"),
        ("O; H 1 nan", "numbers must be finite"),
        ("O; C 1 1; S 2 1 1 180; H 3 1 2 90 1 0", "no dihedral angle about atoms in a line"),
        ("O; H 1 0.96; H 1 0.96", "a Z-matrix is such as 'O; H 1 0.96; H 1 0.96 2 104.5'"),
        ("O; H 1 1; H 1 1 2 0", "atoms 1 and 2 are at the same place"),
    ],
)
def test_z_matrices_that_are_none(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_atoms(text)


def test_a_file_may_be_named_as_text() -> None:
    energy = molecule(str(electrons.H4), ansatz="uccsd", start="hf").reference.energy
    assert energy == pytest.approx(electrons.H4_FCI, abs=1e-8)
    with pytest.raises(InputError, match=r"nothing\.xyz cannot be read: No such file"):
        molecule("nothing.xyz")


def test_integrals_of_a_file() -> None:
    found = read_fcidump(electrons.N2)
    assert (found.orbitals, found.electrons) == (6, (3, 3))
    assert found.constant == -96.6558245991
    assert found.two[1, 0, 1, 0] == found.two[0, 1, 1, 0] == 0.0254403400


def test_files_of_integrals_are_read_in_all_their_forms(tmp_path: Path) -> None:
    file = tmp_path / "FCIDUMP"
    for header in (HEADER, HEADER.replace("&END", "/"), "&fci norb=2, nelec=2 ms2=0 /\n"):
        rows = (
            " 0.5D0 1 1 1 1\n 0.25 2 1 2 1\n 0.25 1 2 2 1\n -1.0 1 1 0 0\n -0.3 1 0 0 0\n"
            " 0.7 0 0 0 0\n\n"
        )
        file.write_text(header + rows)
        found = read_fcidump(file)
        assert (found.constant, found.one[0, 0], found.two[0, 0, 0, 0]) == (0.7, -1.0, 0.5)
        assert found.two[0, 1, 0, 1] == found.two[1, 0, 0, 1] == 0.25


def test_orbitals_are_not_sorted_where_that_raises_the_energy(tmp_path: Path) -> None:
    # Orbital 2 has the lower level in the field of orbital 1, and more repulsion where it is full.
    rows = "-1.0 1 1 0 0\n-0.9 2 2 0 0\n0.5 1 1 1 1\n0.9 2 2 2 2\n0.3 1 1 2 2\n0.05 2 1 2 1\n"
    (tmp_path / "FCIDUMP").write_text(HEADER + rows)
    found = read_fcidump(tmp_path / "FCIDUMP")
    # Levels -1 + 0.5 and -0.9 + 2 * 0.3 - 0.05 are in this order; the energy is 2 * -1 + 0.5.
    assert found.one[0, 0] == -1.0
    assert found.reference_energy == pytest.approx(-1.5, abs=1e-12)
    swapped = rows.replace("0.3 1 1", "0.1 1 1")  # now -0.75 is lower than -0.5
    (tmp_path / "FCIDUMP").write_text(HEADER + swapped)
    assert read_fcidump(tmp_path / "FCIDUMP").reference_energy == pytest.approx(-1.5, abs=1e-12)


def test_orbitals_that_are_not_sorted_are_filled_from_below(tmp_path: Path) -> None:
    places = {"1": "4", "2": "2", "3": "1", "4": "3", "0": "0"}
    head, rows = electrons.H4.read_text().split("&END")
    moved = [
        " ".join([line.split()[0], *(places[word] for word in line.split()[1:])])
        for line in rows.strip().split("\n")
    ]
    (tmp_path / "moved").write_text("\n".join([f"{head}&END", *moved]))
    found = read_fcidump(tmp_path / "moved")
    assert found.reference_energy == pytest.approx(electrons.H4_HF, abs=1e-8)
    np.testing.assert_allclose(found.two, read_fcidump(electrons.H4).two, atol=1e-12)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("no", "is no FCIDUMP file"),
        ("&FCI NELEC=2 /\n", "has no NORB in its header"),
        ("&FCI NORB=x, NELEC=2 /\n", "NORB must be a whole number, not 'x'"),
        ("&FCI NORB=2,NELEC=3,MS2=0 /\n", "3 electrons cannot have MS2=0"),
        ("&FCI NORB=2,NELEC=2,MS2=0,UHF=.TRUE. /\n", "other orbitals for each spin"),
        ("&FCI NORB=2,NELEC=2,MS2=0,IUHF=1 /\n", "other orbitals for each spin"),
        (f"{HEADER}0.5 2 1 2 1\n0.4 2 1 1 2\n", "line 6: 2 1 1 2 has two values, 0.5 and 0.4"),
        (f"{HEADER}0.5 2 1 0 0\n0.4 1 2 0 0\n", "line 6: 1 2 0 0 has two values"),
        (f"{HEADER}0.5 0 0 0 0\n0 0 0 0 0\n", "line 6: 0 0 0 0 has two values"),
        (f"{HEADER}0.5 1 1 1\n", "line 5: a value and four whole numbers are expected"),
        (f"{HEADER}x 1 1 1 1\n", "line 5: a value and four whole numbers"),
        (f"{HEADER}0.5 1 1 1 3\n", r"line 5: orbitals are from 1 to 2, not \(1, 1, 1, 3\)"),
        (f"{HEADER}0.5 1 1 1 0\n", r"line 5: \(1, 1, 1, 0\) are no indices of an integral"),
        (f"{HEADER}\nnan 1 1 0 0\n", "line 6: the value must be finite"),
        (f"{HEADER}(0.5,0.1) 1 1 0 0\n", "line 5: a value and four whole numbers"),
        ("&FCI NORB=1,NELEC=4,MS2=0 /\n", r"2 \+ 2 electrons do not fit into 1 orbital"),
    ],
)
def test_files_that_are_no_integrals(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "FCIDUMP").write_text(content)
    with pytest.raises(InputError, match=message):
        read_fcidump(tmp_path / "FCIDUMP")


def test_operators_of_fermions_are_matrices_of_ladder_operators() -> None:
    a = electrons.annihilators(4)
    expected = 0.5 * a[0].T @ a[3] + 0.25j * a[2].T @ a[1].T @ a[0] @ a[3]
    for terms in (
        {((0, 1), (3, 0)): 0.5, ((2, 1), (1, 1), (0, 0), (3, 0)): 0.25j},
        {"+_0 -_3": 0.5, "+_2 +_1 -_0 -_3": 0.25j},
    ):
        np.testing.assert_allclose(from_fermions(terms).dense(4), expected.todense(), atol=1e-15)
    with pytest.raises(InputError, match="is no ladder operator; write"):
        from_fermions({"x_0": 1.0})
    with pytest.raises(UnknownNameError, match="unknown mapping 'jw'"):
        from_fermions({}, "jw")
