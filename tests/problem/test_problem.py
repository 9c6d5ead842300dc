"""Problems as values, as folders, and the library against the publications it comes from."""

import math
import pickle
import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pennylane as qml
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pennylane import qaoa as pennylane_qaoa

import qng.problem.library
from qng.circuit.angle import parameter
from qng.circuit.ansatz import hamiltonian_variational, qaoa, random_pauli, real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation, pauli_matrix
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import CircuitError, InputError, UnknownNameError
from qng.problem.library import library, library_path, load, save
from qng.problem.problem import Problem, Reference


def state(circuit: Circuit, theta) -> np.ndarray:
    """The amplitudes, by dense matrices of words and gates."""
    n, phi = circuit.n_qubits, iter(circuit.angles(theta))
    index = np.arange(2**n)
    psi = np.zeros(2**n, dtype=complex)
    psi[0] = 1
    for op in circuit.ops:
        if isinstance(op, Rotation):
            angle = op.angle.value({}) if op.is_fixed else next(phi)
            turned = pauli_matrix(op.pauli, n) @ psi
            psi = math.cos(angle / 2) * psi - 1j * math.sin(angle / 2) * turned
        else:
            local = sum((index >> q & 1) << k for k, q in enumerate(op.qubits))
            psi = sum(
                op.array()[local, column]
                * psi[
                    index & ~op.support
                    | sum((column >> k & 1) << q for k, q in enumerate(op.qubits))
                ]
                for column in range(2 ** len(op.qubits))
            )
    return psi


def energy(problem: Problem, theta) -> float:
    psi = state(problem.circuit, theta)
    return float(np.vdot(psi, problem.observable.matrix(problem.circuit.n_qubits) @ psi).real)


def gradient(problem: Problem, theta, step: float = 1e-5) -> np.ndarray:
    shifts = step * np.eye(len(theta))
    return np.array(
        [(energy(problem, theta + d) - energy(problem, theta - d)) / (2 * step) for d in shifts]
    )


def small(**options) -> Problem:
    return Problem(real_amplitudes(2, 1), {"Z0 Z1": 1.0, "X0": 0.5}, **options)


class TestValidation:
    def test_an_observable_may_be_a_mapping(self) -> None:
        assert small().observable == PauliSum({"Z0 Z1": 1.0, "X0": 0.5})

    def test_the_defaults(self) -> None:
        problem = small()
        assert problem.start is None
        assert problem.initial.tolist() == [0.0] * 4
        assert problem.accuracy == 1.6e-3
        assert problem.free.tolist() == [0, 1, 2, 3]

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"observable": {"Z5": 1.0}}, "observable acts on qubit 5, the circuit has 2"),
            (
                {"observable": {"Z0": 1j}},
                "not Hermitian: the coefficient of Z0 is 1j; make it real",
            ),
            ({"observable": {"Q0": 1.0}}, "'Q0' is not a Pauli word"),
            ({"start": [0.0]}, r"start has 1 value\(s\), the circuit has 4 parameter\(s\)"),
            ({"start": np.zeros((2, 4))}, r"start has the shape \(2, 4\)"),
            ({"start": [0.0, 0.0, math.nan, 0.0]}, "start must be finite, but t2 is nan"),
            ({"start": ["a"] * 4}, "start must be real numbers"),
            ({"frozen": ("t9",)}, "unknown parameter 't9'; did you mean"),
            ({"accuracy": 0.0}, "accuracy must be a positive number, not 0.0"),
            ({"accuracy": math.inf}, "accuracy must be a positive number"),
            ({"circuit": "h q;"}, "circuit must be a Circuit, not str; a QuantumCircuit"),
        ],
    )
    def test_what_cannot_be_used_is_refused(self, options, message: str) -> None:
        given = {"circuit": real_amplitudes(2, 1), "observable": {"Z0": 1.0}, **options}
        with pytest.raises(InputError, match=message):
            Problem(**given)

    def test_a_start_is_copied_and_cannot_be_changed(self) -> None:
        theta = np.zeros(4)
        problem = small(start=theta)
        theta[0] = 1.0
        assert problem.start is not None
        assert problem.start[0] == 0.0
        with pytest.raises(ValueError, match="read-only"):
            problem.start[0] = 1.0
        assert problem.initial.flags.writeable

    def test_pickling_keeps_every_field(self) -> None:
        problem = small(start=[1, 2, 3, 4], name="a", frozen=("t1",), unit="Ha")
        again = pickle.loads(pickle.dumps(problem))
        assert again.circuit == problem.circuit
        assert again.start.tolist() == [1, 2, 3, 4]
        assert (again.name, again.frozen, again.unit) == ("a", ("t1",), "Ha")


class TestFrozen:
    def test_freeze_adds_and_only_replaces(self) -> None:
        problem = small().freeze("t3").freeze("t1")
        assert problem.frozen == ("t1", "t3")
        assert problem.free.tolist() == [0, 2]
        assert problem.freeze("t1").frozen == ("t1", "t3")
        assert problem.only("t3").frozen == ("t0", "t1", "t2")

    def test_everything_may_be_frozen(self) -> None:
        problem = small().only()
        assert problem.free.tolist() == []
        assert problem.reduced().circuit.n_parameters == 0

    @pytest.mark.parametrize("method", ["freeze", "only"])
    def test_unknown_names(self, method: str) -> None:
        with pytest.raises(UnknownNameError, match="unknown parameter 't7'"):
            getattr(small(), method)("t7")

    def test_reduced_binds_and_restricts(self) -> None:
        problem = small(start=[0.1, 0.2, 0.3, 0.4]).freeze("t0", "t2")
        reduced = problem.reduced()
        assert reduced.circuit.parameters == ("t1", "t3")
        assert reduced.start.tolist() == [0.2, 0.4]
        assert reduced.frozen == ()
        assert problem.reduced([1, 2, 3, 4]).start.tolist() == [2, 4]

    @given(
        frozen=st.sets(st.sampled_from(["t0", "t1", "t2", "t3"])),
        theta=st.lists(st.floats(-4, 4), min_size=4, max_size=4),
    )
    def test_reduced_and_expanded_energies_agree(
        self, frozen: set[str], theta: list[float]
    ) -> None:
        problem = small(start=[0.5, -0.5, 1.0, 2.0]).freeze(*frozen)
        reduced = problem.reduced(theta)
        x = reduced.initial
        np.testing.assert_array_equal(problem.expand(x, theta), theta)
        assert energy(reduced, x) == pytest.approx(energy(problem, theta), abs=1e-12)
        full = problem.expand(x)
        for k, name in enumerate(problem.circuit.parameters):
            assert full[k] == (problem.start[k] if name in frozen else theta[k])

    def test_expand_takes_many_points(self) -> None:
        problem = small(start=[1, 2, 3, 4]).only("t1")
        np.testing.assert_array_equal(problem.expand([[7.0], [8.0]]), [[1, 7, 3, 4], [1, 8, 3, 4]])

    def test_expand_refuses_other_lengths(self) -> None:
        with pytest.raises(InputError, match=r"1 free parameter\(s\) are expected, not .*\(2,\)"):
            small().only("t1").expand([1.0, 2.0])

    def test_a_bad_base_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"the circuit has 4 parameter\(s\)"):
            small().reduced([1.0])


def lonely(n: int, observable: dict[str, float]) -> Problem:
    return Problem(Circuit(n), observable)


def chain(n: int, field: float, letter: str = "X") -> dict[str, float]:
    bonds = {f"Z{k} Z{k + 1}": -1.0 for k in range(n - 1)}
    return {**bonds, **{f"{letter}{k}": -field for k in range(n)}}


class TestReference:
    def test_the_given_one_wins(self) -> None:
        given = Reference(-7.0, "by decree")
        assert small(reference=given).reference_energy() is given

    @pytest.mark.parametrize(("n", "how"), [(4, "exact diagonalisation"), (9, "Lanczos")])
    def test_it_is_computed_when_absent(self, n: int, how: str) -> None:
        # Free fermions give the open critical chain in closed form.
        expected = 1 - 1 / math.sin(math.pi / (2 * (2 * n + 1)))
        for letter in "XY":
            reference = lonely(n, chain(n, 1.0, letter)).reference_energy()
            assert reference.energy == pytest.approx(expected, abs=1e-9)
            assert how in reference.how

    def test_a_diagonal_observable_goes_further(self) -> None:
        reference = lonely(20, chain(20, 0.5, "Z")).reference_energy()
        assert reference.energy == pytest.approx(-29.0)
        assert "diagonal" in reference.how

    def test_only_the_qubits_of_the_observable_count(self) -> None:
        reference = lonely(30, {"X0": 1.0, "Z1": 1.0}).reference_energy()
        assert reference.energy == pytest.approx(-2.0)

    @pytest.mark.parametrize("observable", [chain(13, 1.0), chain(21, 1.0, "Z")])
    def test_beyond_that_there_is_none(self, observable) -> None:
        assert lonely(21, observable).reference_energy() is None

    def test_the_empty_observable_has_energy_zero(self) -> None:
        assert lonely(2, {}).reference_energy().energy == 0.0

    def test_it_is_computed_once(self) -> None:
        problem = small()
        assert problem.ground_space() is problem.ground_space()


class TestGroundSpace:
    @pytest.mark.parametrize(
        ("n", "observable", "states"),
        [
            (3, {"Z0": 1.0}, 4),
            (3, chain(3, 0.0), 2),
            (3, {"X0": 1.0}, 4),
            (4, chain(4, 1.0), 1),
            (4, {"Y0 Y1": 1.0, "X2": 1.0}, 4),
            (9, chain(9, 1.0), 1),
            (9, chain(9, 1.0, "Y"), 1),
            (9, {"X0 X1": -1.0, "Y2": 1.0, **{f"Z{k}": 1.0 for k in range(3, 9)}}, 2),
            (9, {"X0": 1.0, **{f"Z{k}": 1.0 for k in range(5, 9)}}, 16),
            (14, {f"Z{k}": 1.0 for k in range(12)}, 4),
        ],
    )
    def test_all_ground_states_are_found(self, n: int, observable, states: int) -> None:
        problem = lonely(n, observable)
        ground, vectors = problem.ground_space()
        assert ground == pytest.approx(problem.reference_energy().energy, abs=1e-9)
        assert vectors.shape == (states, 2**n)
        np.testing.assert_allclose(vectors.conj() @ vectors.T, np.eye(states), atol=1e-9)
        matrix = problem.observable.matrix(n)
        np.testing.assert_allclose((matrix @ vectors.T).T, ground * vectors, atol=1e-6)

    @pytest.mark.parametrize(
        ("n", "observable"),
        [
            (13, chain(13, 1.0)),
            (17, chain(17, 1.0, "Z")),
            (16, {"Z0": 1.0}),
            (9, {"X0": 1.0}),
        ],
    )
    def test_there_is_none_where_it_is_too_large(self, n: int, observable) -> None:
        assert lonely(n, observable).ground_space() is None

    def test_a_large_constant_does_not_merge_levels(self) -> None:
        ground, vectors = lonely(2, {"I": 1e9, "X0": 0.1, "Z1": 0.1}).ground_space()
        assert ground == pytest.approx(1e9 - 0.2, abs=1e-5)
        assert len(vectors) == 1

    def test_it_is_computed_once(self) -> None:
        problem = small()
        assert problem.ground_space() is problem.ground_space()


class TestFolders:
    QASM = 'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float[64] a;\ninput float[64] b;\n' + (
        "qubit[2] q;\nry(a) q[0];\nrx(2 * b) q[1];\n"
    )

    def folder(self, path: Path, toml: str, qasm: str = QASM) -> Path:
        (path / "circuit.qasm").write_text(qasm, encoding="utf-8")
        (path / "problem.toml").write_text(toml, encoding="utf-8")
        return path

    def test_everything_is_read(self, tmp_path: Path) -> None:
        toml = """
            title = "T"
            source = "S"
            unit = "Ha"
            accuracy = 1e-2
            parameters = ["b", "a"]
            start = [1, 2.5]
            frozen = ["a"]
            [observable]
            "I" = 2
            "Z0 Z1" = -0.04
            [reference]
            energy = -3
            how = "known"
        """
        problem = load(self.folder(tmp_path, toml))
        assert problem.name == tmp_path.name
        assert (problem.title, problem.source, problem.unit) == ("T", "S", "Ha")
        assert problem.circuit.parameters == ("b", "a")
        assert problem.circuit.angles(problem.start).tolist() == [2.5, 2.0]
        assert problem.frozen == ("a",)
        assert problem.accuracy == 1e-2
        assert problem.observable == PauliSum({"I": 2.0, "Z0 Z1": -0.04})
        assert problem.reference == Reference(-3.0, "known")

    def test_a_single_number_starts_every_parameter(self, tmp_path: Path) -> None:
        problem = load(str(self.folder(tmp_path, "start = 0.5\n[observable]\nZ0 = 1.0")))
        assert problem.start.tolist() == [0.5, 0.5]
        assert problem.reference is None

    @pytest.mark.parametrize(
        ("toml", "message"),
        [
            ("title =", "is not TOML"),
            ("titel = 'a'\n[observable]", "unknown key 'titel'; did you mean title"),
            ("title = 'a'", r"the table \[observable\] is missing"),
            ("title = 1\n[observable]", "title must be a string, not 1"),
            ("accuracy = true\n[observable]", "accuracy must be a number, not True"),
            ("accuracy = 0\n[observable]", "accuracy must be a positive number"),
            ("start = 'a'\n[observable]", "start must be a list or number, not 'a'"),
            ("start = [1]\n[observable]", r"start has 1 value\(s\)"),
            ("start = [nan, 1]\n[observable]", "start must be finite, but a is nan"),
            ("start = [[1], [2]]\n[observable]", "start has the shape"),
            ("frozen = ['c']\n[observable]", "unknown parameter 'c'"),
            ("parameters = ['a']\n[observable]", r"in some order \(a, b\), not a"),
            ("parameters = ['a', 'a', 'b']\n[observable]", "not a, a, b"),
            ("names = 3\n[observable]", "names must be a table, not 3"),
            ("[observable]\n[names]\nc = 'x'", r"unknown input in \[names\] 'c'"),
            ("[observable]\n[names]\na = 1", "names.a must be a string, not 1"),
            ("[observable]\n[names]\na = 'b'", "declared twice"),
            ("frozen = ['a']\n[observable]\n[names]\na = 'x'", "unknown parameter 'a'"),
            ("observable = 3", "observable must be a table, not 3"),
            ("[observable]\nQ0 = 1", "observable: 'Q0' is not a Pauli word"),
            ("[observable]\nZ7 = 1", "observable acts on qubit 7, the circuit has 2"),
            ("[observable]\nZ0 = 'x'", "observable.'Z0' must be a number, not 'x'"),
            ("[observable]\nZ0 = nan", "observable: the coefficient of Z0 must be finite"),
            ("[observable]\n[reference]\nenergie = 1", "'reference.energie'; did you mean"),
            ("[observable]\n[reference]\nenergy = nan", "reference energy must be finite"),
            ("[observable]\n[reference]\nhow = 'a'", "reference.energy is missing"),
            ("[observable]\n[reference]\nenergy = 'a'", "reference.energy must be a number"),
        ],
    )
    def test_malformed_files_are_named(self, tmp_path: Path, toml: str, message: str) -> None:
        with pytest.raises(InputError, match=f"problem.toml.*{message}"):
            load(self.folder(tmp_path, toml))

    @pytest.mark.parametrize("name", ["circuit.qasm", "problem.toml"])
    def test_missing_files_are_named(self, tmp_path: Path, name: str) -> None:
        (self.folder(tmp_path, "[observable]") / name).unlink()
        with pytest.raises(InputError, match=f"has no {name}; a problem is a folder with"):
            load(tmp_path)

    def test_unreadable_circuits_are_named(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path, "[observable]", "OPENQASM 3.0;\nqubit q;\nfoo q;\n")
        with pytest.raises(CircuitError, match=r"circuit\.qasm: line 3, column 1: unknown gate"):
            load(folder)

    def test_unknown_names_offer_the_nearest(self) -> None:
        with pytest.raises(UnknownNameError, match="unknown problem 'tfim8'; did you mean tfim-8"):
            load("tfim8")

    @pytest.mark.parametrize("given", [Path("nowhere"), "no/where"])
    def test_missing_folders(self, given) -> None:
        with pytest.raises(InputError, match=r"there is no folder no\W?where"):
            load(given)

    def test_saved_problems_are_read_back(self, tmp_path: Path) -> None:
        a, b = parameter("a"), parameter("b")
        rotations = [Rotation(Pauli.parse("X0 Y1"), 0.1 * b), Rotation(Pauli.parse("Z1"), a - b)]
        problem = Problem(
            Circuit(2, rotations, ["b", "a"]),
            {"I": -0.1, "Z0 Z1": 1 / 3, "Y0": 2e-9},
            start=[0.1, 1 / 3],
            reference=Reference(-1 / 7, 'how "so"\nand so'),
            title="Tïtle",
            source="a\nb",
            accuracy=1e-5,
            unit="Ha",
            frozen=("a",),
        )
        save(problem, tmp_path / "deep" / "mine")
        again = load(tmp_path / "deep" / "mine")
        assert again.name == "mine"
        assert again.circuit.parameters == ("b", "a")
        assert again.start.tolist() == [0.1, 1 / 3]
        assert again.observable == problem.observable
        for field in ("reference", "title", "source", "accuracy", "unit", "frozen"):
            assert getattr(again, field) == getattr(problem, field), field
        theta = [0.7, -1.1]
        assert energy(again, theta) == pytest.approx(energy(problem, theta), abs=1e-12)

    def test_names_that_are_no_identifiers_survive(self, tmp_path: Path) -> None:
        names = ("θ[1]", "θ_1", "w[0,1]", "in", "two words", 'a"b\n', "", "x", "2")
        turns = [Rotation(Pauli.parse("Y0"), (k + 1) * parameter(n)) for k, n in enumerate(names)]
        theta = np.arange(9) / 7
        problem = Problem(Circuit(1, turns, names[::-1]), {"Z0": 1.0}, theta, frozen=("in", "θ[1]"))
        save(problem, tmp_path)
        again = load(tmp_path)
        assert again.circuit.parameters == names[::-1]
        assert again.frozen == problem.frozen
        assert again.circuit.digest == problem.circuit.digest
        assert energy(again, theta) == pytest.approx(energy(problem, theta), abs=1e-12)
        table = tomllib.loads((tmp_path / "problem.toml").read_text(encoding="utf-8"))
        assert table["names"]["θ_1_2"] == "θ[1]"
        assert "θ_1" not in table["names"]
        # What was read is written alike.
        save(again, tmp_path / "again")
        for name in ("circuit.qasm", "problem.toml"):
            first, second = tmp_path / name, tmp_path / "again" / name
            assert first.read_text(encoding="utf-8") == second.read_text(encoding="utf-8")

    def test_what_a_folder_cannot_hold(self, tmp_path: Path) -> None:
        turn = Rotation(Pauli.parse("X0"), parameter("\ud800"))
        with pytest.raises(InputError, match="is no text in UTF-8"):
            save(Problem(Circuit(1, [turn], ["\ud800"]), {"Z0": 1.0}), tmp_path / "mine")
        several = Problem.weighted([(Circuit(1), 0.5), (Circuit(1), 0.5)], {"Z0": 1.0})
        with pytest.raises(InputError, match="a folder holds one circuit"):
            save(several, tmp_path / "mine")
        assert not (tmp_path / "mine").exists()

    @pytest.mark.parametrize("name", ["h2", "vertex-cover-4", "tfim-8"])
    def test_library_problems_survive_a_round_trip(self, tmp_path: Path, name: str) -> None:
        problem = load(name)
        save(problem, tmp_path / name)
        again = load(tmp_path / name)
        assert again.circuit == problem.circuit
        assert again.observable == problem.observable
        assert again.reference == problem.reference

    def test_a_problem_without_start_and_reference(self, tmp_path: Path) -> None:
        save(small(), tmp_path)
        again = load(tmp_path)
        assert again.start is None
        assert again.reference is None

    def test_files_are_not_overwritten_unasked(self, tmp_path: Path) -> None:
        save(small(title="one"), tmp_path)
        with pytest.raises(InputError, match=r"circuit.qasm exists; give another folder, or over"):
            save(small(title="two"), tmp_path)
        assert load(tmp_path).title == "one"
        save(small(title="two"), tmp_path, overwrite=True)
        assert load(tmp_path).title == "two"

    def test_the_installed_library_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = tmp_path / "qng"
        package.mkdir()
        monkeypatch.setattr(
            qng.problem.library, "__file__", str(package / "problem" / "library.py")
        )
        assert library_path() == tmp_path / "circuits"
        assert library() == []
        mine = package / "circuits" / "mine"
        mine.mkdir(parents=True)
        self.folder(mine, "[observable]\nZ0 = 1.0")
        assert library_path() == package / "circuits"
        assert library() == ["mine"]
        assert load("mine").observable == PauliSum({"Z0": 1.0})


def one_qubit(t) -> None:
    qml.RX(t[0], 0)
    qml.RY(t[1], 0)


def qng_demo(t) -> None:
    for wire, divisor in enumerate((4, 3, 7)):
        qml.RY(np.pi / divisor, wire)
    qml.RZ(t[0], 0)
    qml.RZ(t[1], 1)
    qml.CNOT([0, 1])
    qml.CNOT([1, 2])
    qml.RY(t[2], 1)
    qml.RX(t[3], 2)
    qml.CNOT([0, 1])
    qml.CNOT([1, 2])


def h2(t) -> None:
    qml.BasisState(np.array([1, 1, 0, 0]), range(4))
    for wire, (a, b, c) in enumerate(t.reshape(4, 3)):
        qml.RZ(a, wire)
        qml.RY(b, wire)
        qml.RZ(c, wire)
    for pair in ([2, 3], [2, 0], [3, 1]):
        qml.CNOT(pair)


def lih(t) -> None:
    qml.BasisState(np.array([1, 1, 0, 0]), range(4))
    for layer in t.reshape(2, 4):
        for wire, angle in enumerate(layer):
            qml.RY(angle, wire)
        for pair in ([0, 1], [2, 3], [1, 2]):
            qml.CNOT(pair)


def textbook(t) -> None:
    qml.RY(t[0], 0)
    qml.RY(t[1], 1)
    qml.CNOT([0, 1])
    qml.RY(t[2], 0)
    qml.RY(t[3], 1)


def tfim(t) -> None:
    for wire in range(8):
        qml.Hadamard(wire)
    for theta, phi in t.reshape(4, 2):
        for wire in range(8):
            qml.IsingZZ(theta, [wire, (wire + 1) % 8])
        for wire in range(8):
            qml.RX(phi, wire)


def barren(t) -> None:
    np.random.seed(0)  # noqa: NPY002
    for wire in range(8):
        qml.RY(np.pi / 4, wire)
    for layer in t.reshape(4, 8):
        for wire, angle in enumerate(layer):
            np.random.choice([qml.RX, qml.RY, qml.RZ])(angle, wire)  # noqa: NPY002
        for wire in range(7):
            qml.CZ([wire, wire + 1])


def glass(t) -> None:
    for k, (i, j) in enumerate(combinations(range(8), 2)):
        qml.RY(t[k], i)
        qml.CNOT([i, j])
    for wire in range(8):
        qml.RY(t[28 + wire], wire)


def cut(t) -> None:
    edges = [(0, 1), (0, 3), (1, 2), (1, 3)]
    with qml.QueuingManager.stop_recording():
        cost = qml.Hamiltonian([0.5] * 4, [qml.Z(a) @ qml.Z(b) for a, b in edges])
    layered(cost, t.reshape(2, 2), 4)


def cover(t) -> None:
    layered(cover_cost(), t.reshape(2, 4), 4)


def cover_cost():
    import networkx as nx

    graph = nx.Graph([(0, 1), (1, 2), (2, 0), (2, 3)])
    with qml.QueuingManager.stop_recording():
        return pennylane_qaoa.min_vertex_cover(graph, constrained=False)[0]


def layered(cost, parameters, n: int) -> None:
    # Operators that are made while a circuit is recorded would be applied as gates.
    with qml.QueuingManager.stop_recording():
        mixer = pennylane_qaoa.x_mixer(range(n))
    for wire in range(n):
        qml.Hadamard(wire)
    for gamma, beta in parameters.T:
        pennylane_qaoa.cost_layer(gamma, cost)
        pennylane_qaoa.mixer_layer(beta, mixer)


def mari(t) -> None:
    for wire in range(5):
        qml.RX(t[wire], wire)
    for pair in ([0, 1], [2, 1], [3, 1], [4, 3]):
        qml.CNOT(pair)


def weighted(t) -> None:
    for layer, (ys, xs) in enumerate(t.reshape(4, 2, 8)):
        for wire in range(8):
            qml.RY(ys[wire], wire)
            qml.RX(xs[wire], wire)
        for wire in range(7 if layer < 3 else 0):
            qml.CZ([wire, wire + 1])


# The circuit once more, in PennyLane, and the energy at the start with the digits that were
# published (or, for maxcut-8, that an independent program printed).
LIBRARY = {
    "h2": (h2, None),
    "hea-zz-8": (barren, (0.3656, 1e-4)),
    "lih": (lih, None),
    "mari-5": (mari, (-0.7938055593697134, 1e-8)),
    "maxcut-4": (cut, None),
    "maxcut-8": (weighted, (-2.4601, 1e-4)),
    "one-qubit": (one_qubit, None),
    "qng-demo": (qng_demo, (0.07472305, 1e-8)),
    "sk-8": (glass, None),
    "textbook-2": (textbook, (0.88524839, 1e-8)),
    "tfim-8": (tfim, None),
    "vertex-cover-4": (cover, (3.39055024, 1e-8)),
}

# Where the reference is the lowest energy of the circuit and not of the observable.
CIRCUIT_OPTIMA = {"qng-demo", "maxcut-4"}


class TestLibrary:
    def test_every_problem_is_tested(self) -> None:
        assert library() == sorted(LIBRARY)

    @pytest.mark.parametrize("name", LIBRARY)
    def test_circuits_are_those_of_pennylane(self, name: str) -> None:
        problem, (build, published) = load(name), LIBRARY[name]
        n = problem.circuit.n_qubits
        device = qml.device("default.qubit", wires=n)

        @qml.qnode(device)
        def circuit(t):
            build(t)
            return qml.state()

        other = np.random.default_rng(1).uniform(-np.pi, np.pi, problem.circuit.n_parameters)
        for theta in (problem.initial, other):
            # PennyLane's wire 0 is the most significant bit.
            axes = range(n - 1, -1, -1)
            expected = circuit(theta).reshape((2,) * n).transpose(axes).reshape(-1)
            overlap = np.vdot(expected, state(problem.circuit, theta))
            assert abs(overlap) == pytest.approx(1, abs=1e-10)
        if published is not None:
            value, digits = published
            assert energy(problem, problem.start) == pytest.approx(value, abs=digits)

    @pytest.mark.parametrize("name", LIBRARY)
    def test_references_are_exact(self, name: str) -> None:
        problem = load(name)
        matrix = problem.observable.matrix(problem.circuit.n_qubits).toarray()
        levels = np.linalg.eigvalsh(matrix if np.any(matrix.imag) else matrix.real)
        assert problem.reference is not None
        if name in CIRCUIT_OPTIMA:
            assert levels[0] < problem.reference.energy
        else:
            assert problem.reference.energy == pytest.approx(levels[0], abs=1e-9)
            assert problem.ground_space()[0] == pytest.approx(levels[0], abs=1e-9)

    @pytest.mark.parametrize("name", sorted(CIRCUIT_OPTIMA))
    def test_references_are_what_the_circuit_reaches(self, name: str) -> None:
        from scipy.optimize import minimize

        problem = load(name)
        stream = np.random.default_rng(0)
        starts = stream.uniform(-np.pi, np.pi, (12, problem.circuit.n_parameters))
        lowest = min(minimize(lambda t: energy(problem, t), x).fun for x in starts)
        assert lowest == pytest.approx(problem.reference.energy, abs=1e-8)

    @pytest.mark.parametrize("name", LIBRARY)
    def test_every_problem_is_described(self, name: str) -> None:
        problem = load(name)
        assert problem.name == name
        assert problem.title
        assert problem.source
        assert problem.start is not None
        assert problem.unit == ("Ha" if name in ("h2", "lih") else "")

    @pytest.mark.parametrize(
        ("name", "eta", "after"),
        [("h2", 0.5, -0.09424332), ("one-qubit", 0.01, 0.56743624)],
    )
    def test_the_demos_first_gradient_step(self, name: str, eta: float, after: float) -> None:
        problem = load(name)
        theta = problem.initial - eta * gradient(problem, problem.initial)
        assert energy(problem, theta) == pytest.approx(after, abs=1e-7)

    def test_published_starts(self) -> None:
        legacy = np.random.RandomState
        stream = legacy(34093197)
        cover_start = [*stream.random_sample(4), *stream.random_sample(4)]
        stream = legacy(0)
        stream.choice(3, 32)
        starts = {
            "h2": legacy(0).uniform(0, 2 * np.pi, 12),
            "lih": np.random.default_rng(0).uniform(0, 2 * np.pi, 8),
            "tfim-8": np.random.default_rng(0).uniform(-0.05, 0.05, 8),
            "maxcut-4": np.random.default_rng(0).uniform(0, 1, 4),
            "sk-8": 0.1 * legacy(12345).random_sample(36),
            "hea-zz-8": stream.uniform(-np.pi, np.pi, 32),
            "vertex-cover-4": np.array(cover_start),
        }
        for name, expected in starts.items():
            np.testing.assert_allclose(load(name).start, expected, rtol=0, atol=1e-12, err_msg=name)

    def test_the_glass_is_drawn_from_its_seed(self) -> None:
        stream = np.random.default_rng(12345)
        pairs = combinations(range(8), 2)
        terms = {f"Z{i} Z{j}": stream.normal() / math.sqrt(8) for i, j in pairs}
        found = load("sk-8").observable
        expected = PauliSum({**terms, **{f"X{q}": -1e-4 for q in range(8)}})
        assert max((abs(c) for _, c in found - expected), default=0.0) < 1e-15
        assert load("sk-8").reference.energy == pytest.approx(-4.2174, abs=5e-5)

    def test_the_weighted_cut_is_drawn_from_its_seed(self) -> None:
        stream = np.random.RandomState(3)
        weights = [round(stream.random_sample(), 2) for _ in range(12)]
        problem = load("maxcut-8")
        found = sorted(2 * c.real for p, c in problem.observable if p.weight == 2)
        np.testing.assert_allclose(found, sorted(weights))
        assert problem.observable.constant.real == pytest.approx(-sum(weights) / 2)
        start = stream.random_sample(64) * 2 * np.pi
        np.testing.assert_allclose(problem.start, start, rtol=0, atol=1e-12)

    def test_the_vertex_cover_is_pennylanes(self) -> None:
        words = qml.pauli.pauli_sentence(cover_cost())
        expected = PauliSum(
            {" ".join(f"{a}{q}" for q, a in w.items()): float(c) for w, c in words.items()}
        )
        problem = load("vertex-cover-4")
        assert max((abs(c) for _, c in problem.observable - expected), default=0.0) < 1e-12
        covers = np.flatnonzero(np.abs(problem.ground_space()[1]).sum(axis=0))
        assert covers.tolist() == [0b0101, 0b0110]

    def test_library_circuits_are_those_of_the_builders(self) -> None:
        assert load("textbook-2").circuit.ops == renamed(real_amplitudes(2, 1), "t", "x").ops
        drawn = random_pauli(8, 4, 0)
        assert load("hea-zz-8").circuit.ops == drawn.ops
        for name, layers in (("maxcut-4", 2), ("vertex-cover-4", 4)):
            problem = load(name)
            built = qaoa(problem.observable, layers)
            theta = dict(zip(problem.circuit.parameters, problem.start))
            np.testing.assert_allclose(
                built.angles([theta[p] for p in built.parameters]),
                problem.circuit.angles(problem.start),
            )
        bonds = PauliSum([(Pauli(0, 1 << k | 1 << (k + 1) % 8), 1.0) for k in range(8)])
        fields = PauliSum({f"X{k}": 1.0 for k in range(8)})
        built = hamiltonian_variational([bonds, fields], 4)
        rotations = load("tfim-8").circuit.rotations
        assert [op.pauli for op in rotations] == [op.pauli for op in built.rotations]


def renamed(circuit: Circuit, old: str, new: str) -> Circuit:
    names = {p: p.replace(old, new) for p in circuit.parameters}
    ops = [
        Rotation(op.pauli, op.angle.substitute({a: parameter(b) for a, b in names.items()}))
        if isinstance(op, Rotation)
        else op
        for op in circuit.ops
    ]
    return Circuit(circuit.n_qubits, ops, names.values())
