"""The table of speeds: its helpers count right, a cheap row is measured. Times decide nothing."""

import json

import numpy as np

from qng.circuit.ansatz import hardware_efficient
from tests import dense
from tests.benchmarks import (
    calibration,
    common,
    conclusions,
    cores,
    disturbed,
    methods,
    minsr,
    repeats,
    speed,
    timing,
    workloads,
)
from tests.benchmarks.methods_rows import Cost, Row, short_table


def test_row_in_process(tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert speed.main(["--quick", "--only", "product", "--json", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("|") for line in lines[:3]] == [8, 8, 8]
    assert "A @ A.T" in lines[2]
    (size,) = json.loads(path.read_text())["product"]["sizes"]
    assert size["rounds"] >= 2
    assert size["ours"] > 0
    assert size["theirs"] > 0


def test_minsr_in_process(tmp_path, capsys):
    path = tmp_path / "minsr.json"
    minsr.main(["--rounds", "2", "--scale", "0.01", "--complex", "--json", str(path)])
    assert "100 samples, 20 parameters" in capsys.readouterr().out
    assert [row["rounds"] for row in json.loads(path.read_text())] == [2, 2]


def test_methods_in_process(tmp_path, capsys):
    """Both methods are tuned and compared, and the second time nothing is run."""
    few = ["--steps", "20", "--trials", "4", "--tuned", "2", "--starts", "2"]
    words = ["one-qubit", *few, "--only", "gd", "cobyla", "--folder", str(tmp_path)]
    methods.main(words)
    first = capsys.readouterr()
    _, title, _, *lines = first.out.splitlines()
    assert title == "one-qubit: 2 of 2 starts are solved by any method"
    assert [line.count("|") for line in lines] == [6] * 4
    assert sorted(line.split()[1] for line in lines[2:]) == ["cobyla", "gd"]
    assert all("2/2" in line for line in lines[2:])
    assert len(first.err.splitlines()) == 2
    methods.main(words)
    again = capsys.readouterr()
    assert again.out == first.out
    assert not again.err


def test_methods_in_the_order_of_their_ranks():
    def row(label, steps, best=False):
        return Row(label, "-", Cost(steps, best=best), Cost(), 3, 4, 4)

    first = [row("a", 5.0, best=True), row("b", 7.0), row("c", np.inf)]
    second = [row("b", 3.0), row("a", 3.0), row("c", 4.0)]
    _, head, _, *lines = short_table({"x": first, "y": second})
    assert head.endswith("| x | y | mean rank in steps |")
    assert [line.split(" | ")[-1] for line in lines] == ["1.2 |", "1.8 |", "3.0 |"]
    assert lines[0].startswith("| a | 5 *, -, 3/4 | 3, -, 3/4 |")


def test_own_rows_in_process(capsys):
    names = ["overlaps", "blocks", "threads", "starts"]
    assert speed.main(["--quick", "--only", *names]) == 0
    assert [line.count("|") for line in capsys.readouterr().out.splitlines()[2:6]] == [8] * 4


def test_serial_shares_in_process(capsys):
    cores.main(["--quick"])
    first, *_ = capsys.readouterr().out.splitlines()[2:]
    assert first.count("|") == 6


def test_missing_peer_is_a_note(monkeypatch, capsys):
    def missing(effort, quick):
        raise ImportError("No module named 'nothing'")

    row = speed.Row("a", "b", "c", missing)
    monkeypatch.setattr(speed, "ROWS", {"one": row})
    assert speed.main(["--only", "one"]) == 0
    assert "one: left out, No module named 'nothing'" in capsys.readouterr().out


def test_wrong_peer_is_a_failure(monkeypatch, capsys):
    def wrong(effort, quick):
        common.check("metric", np.zeros(2), np.array([0.0, 1e-3]), 1e-6)

    monkeypatch.setattr(speed, "ROWS", {"one": speed.Row("a", "b", "c", wrong)})
    assert speed.main(["--only", "one"]) == 1
    assert "1.0e-03 apart" in capsys.readouterr().out


def test_rounds_are_interleaved():
    order = []

    def one(name, seconds):
        return lambda: order.append(name) or seconds

    times = timing.Effort(0.0, least=3, warm=False).rounds({"ours": one("A", 2), "b": one("B", 1)})
    assert order == ["A", "B"] * 3
    found = timing.Comparison.of("", times["ours"], times["b"])
    assert (found.ours, found.theirs, found.ratio, found.rounds) == (2, 1, 2, 3)


def test_passes_of_a_product_circuit():
    """Parameter k of R rotations without other gates has R - 1 - k gates behind it."""
    assert workloads.passes(hardware_efficient(3, 0, ("ry",))) == 2 + 1 + 0


def test_reference_circuit_is_given_twice():
    """The tuples that peers read and our circuit have the same state."""
    problem = workloads.reference(3, 2)
    told = [(name, qubits) for name, qubits, _ in workloads.gates(3, 2)]
    names = {(True, False): "rx", (True, True): "ry", (False, True): "rz"}
    ours = [
        (names[op.pauli.x > 0, op.pauli.z > 0], op.pauli.qubits)
        if hasattr(op, "pauli")
        else (op.name, op.qubits)
        for op in problem.circuit.ops
    ]
    assert told == ours


def test_deep_circuit_has_the_parameters_asked_for():
    circuit = workloads.deep(3, 16).circuit
    assert circuit.n_parameters == circuit.n_rotations == 16
    assert len(circuit.ops) == 16 + 2 * 2


def test_coupled_cluster_conserves_particles_and_spin():
    """A Jordan-Wigner sign or a wrong word would leave the sector of two electrons."""
    problem = workloads.unitary_coupled_cluster(4, 2)
    assert problem.circuit.n_parameters == 3  # two singles, one double
    assert problem.circuit.n_rotations == 2 * 2 + 8
    psi = dense.state(problem.circuit, problem.initial)
    occupied = np.flatnonzero(np.abs(psi) > 1e-12)
    up, down = (np.bitwise_count(occupied & mask) for mask in (0b0101, 0b1010))
    assert set(up) == set(down) == {1}
    assert len(occupied) == 4


def test_the_table_of_calibrations(capsys):
    assert calibration.main(["--only", "energy", "--repetitions", "20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [row.count("|") for row in lines] == [6, 6, 6]
    assert lines[2].startswith("| energy |")


def test_conclusions_are_counted(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["conclusions", "--runs", "2"])
    conclusions.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("called solved and not, of 2 runs")
    assert [int(word) for line in lines[2:7] for word in line.split()[4:]] == [0] * 10
    assert [line.split()[-1] for line in lines[10:16]] == ["0"] * 6
    assert lines[17].startswith("intervals that hold, of 2")
    assert lines[25].startswith("equal methods told apart, in 2 comparisons")
    assert "told apart in 2 comparisons" in lines[-1]
    assert lines[-1].count("%") == 3


def test_errors_on_executors_with_noise(capsys):
    disturbed.main(["observables coefficients, 10000 shots", "--repetitions", "10"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.count("|") for line in lines] == [6] * 4
    assert [line.split("|")[2].strip() for line in lines[2:]] == ["noise", "readout errors"]


def test_repeats_in_process(capsys):
    repeats.alarms(1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines[1:]] == [
        "run",
        "run, noisy",
        "comparison",
        "metric",
    ]
    assert all(line.split()[-2:] == ["1", "1%"] for line in lines[1:])
