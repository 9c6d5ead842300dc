"""`qng repeat`, `qng run --resume` and `qng compare --into`."""

import json
from pathlib import Path

import pytest

import qng
from qng.run.made import metric_result
from tests.cli.test_commands import as_json, done
from tests.cli.test_errors import invoke

SMALL = "one-qubit"
QUICK = ("--steps", 2, "--workers", 1, "--no-plot")

pytestmark = pytest.mark.usefixtures("place")


def test_a_run_is_repeated() -> None:
    done("run", SMALL, "--steps", 3, "--shots", 200, "--save", "run.json")
    out = done("repeat", "run.json", "--save", "again.json")
    assert out.startswith(f"a run on {SMALL}, statevector, 200 shots: made 20")
    assert "agrees: the same counts, hence equal to the last bit\nsaved again.json\n" in out
    data = as_json("repeat", "again.json")
    assert (data["agrees"], data["ground"], data["largest"]) == (True, "bits", 0.0)
    assert len(data["digest"]) == 64
    assert data["seed"] == 0
    assert data["threads"] >= 1


def test_what_differs_ends_with_1(place: Path) -> None:
    done("compare", SMALL, "--methods", "gd,qng", "--starts", 2, *QUICK, "--save", "c.json")
    text = (place / "c.json").read_text()
    energy = json.dumps(qng.load_run("c.json").runs["gd"][1].fun)
    assert energy in text
    (place / "c.json").write_text(text.replace(f'"energy":{energy}', '"energy":-0.5'))
    code, out, err = invoke("repeat", "c.json")
    assert code == 1
    assert "  gd, start 1: " in out
    assert "differs (gd, start 1): the largest difference is" in out
    assert err == "failed: c.json does not agree\n"
    code, out, _ = invoke("repeat", "c.json", "--json")
    assert code == 1
    assert [part["rounded"] for part in json.loads(out)["parts"]] == [True, False, True, True]


def test_metrics_evolutions_and_other_files(place: Path) -> None:
    metric_result(SMALL, [0.1, 0.2]).save(place / "metric.json")
    assert "a metric on one-qubit" in done("repeat", "metric.json")
    done("evolve", SMALL, "--time", 0.3, "--save", "e.json")
    assert "an evolution on one-qubit" in done("repeat", "e.json")
    for name, message in (("none.json", "cannot be read"), ("bad.json", "is no saved result")):
        (place / "bad.json").write_text("{}")
        code, _, err = invoke("repeat", name)
        assert code == 2
        assert message in err
    code, _, err = invoke("repeat", "metric.json", "--save", "metric.json")
    assert code == 2
    assert "save to another file" in err


def test_an_executor_in_the_place_of_another(place: Path) -> None:
    done("run", SMALL, "--steps", 1, "--shots", 100, "--save", "run.json")
    text = (place / "run.json").read_text()
    (place / "run.json").write_text(text.replace('"statevector"', '"ibm_fez"'))
    code, _, err = invoke("repeat", "run.json")
    assert code == 2
    assert "it ran on ibm_fez, whose jobs are charged and never repeat" in err
    assert "--executor such as fake_fez" in err or "executor" in err
    assert "rehearsed on statevector" in done("repeat", "run.json", "--executor", "statevector")
    code, _, err = invoke("repeat", "run.json", "--executor", "ibm_fez")
    assert code == 2
    assert "ibm_fez charges for what it runs, so nothing is repeated there" in err


class TestResume:
    def test_a_run_goes_on(self, place: Path) -> None:
        done("run", SMALL, "--optimizer", "adam", "--steps", 2, "--save", "run.json")
        out = done("run", "--resume", "run.json", "--steps", 4)
        assert "saved run.json" in out
        whole = qng.minimize(SMALL, "adam", steps=4)
        found = qng.load_run(place / "run.json")
        assert (found.fun, found.nit, found.method) == (whole.fun, 4, "adam")
        more = ("run", "--resume", "run.json", "--steps", 5, "--save", "other.json")
        assert as_json(*more)["nit"] == 5
        code, _, err = invoke(*more, "-v")
        assert code == 0
        assert "all 5 steps done" in err
        assert qng.load_run(place / "run.json").nit == 4

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ((), "all 2 steps of the run are done: give --steps, more than 2"),
            (("--steps", 1), "give --steps 3 or more"),
            (("--steps", 3, "--seed", 1), "--seed is that of the saved run"),
            (("--steps", 3, "--shots-per-circuit", 9), "--shots-per-circuit is that of"),
        ],
    )
    def test_refused(self, words: tuple[object, ...], message: str) -> None:
        done("run", SMALL, "--steps", 2, "--save", "run.json")
        code, out, err = invoke("run", "--resume", "run.json", *words)
        assert (code, out) == (2, "")
        assert message in err

    def test_other_words(self) -> None:
        done("run", SMALL, "--steps", 2, "--save", "run.json")
        code, _, err = invoke("run", SMALL, "--resume", "run.json", "--steps", 3)
        assert code == 2
        assert "PROBLEM is that of the saved run" in err
        done("compare", SMALL, "--methods", "gd", "--starts", 1, *QUICK, "--save", "c.json")
        code, _, err = invoke("run", "--resume", "c.json", "--steps", 3)
        assert code == 2
        assert "holds no run but a Comparison" in err


class TestInto:
    def test_it_says_that_it_has_grown(self, place: Path) -> None:
        done("compare", SMALL, "--methods", "gd,qng", "--starts", 2, *QUICK, "--into", "c.json")
        out = done("compare", "--into", "c.json", "--starts", 3, "--no-plot")
        assert "it has grown, and this is look 2 (before: 2 methods from 2 starts), at" in out
        looks = as_json("compare", "--into", "c.json")["looks"]
        assert looks["before"] == [{"methods": 2, "starts": 2}]
        assert (looks["counts"], looks["wrong_at_most"]) == (2, 0.05)

    def test_what_is_not_saved_is_not_said_to_be(
        self, place: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(file: Path, content: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("qng.run.saved.written", full)
        words = ("--methods", "gd", "--starts", 1, *QUICK, "--into", "c.json")
        code, out, err = invoke("compare", SMALL, *words)
        assert code == 1
        assert "saved" not in out
        assert "solved" in out
        assert err == "error: c.json cannot be saved: No space left on device\n"

    def test_only_what_is_missing_is_run(self, place: Path) -> None:
        words = ("--methods", "gd,qng", "--starts", 2, "--shots", 100, "--seed", 5, *QUICK)
        assert done("compare", SMALL, *words, "--into", "c.json").endswith("saved c.json\n")
        done("compare", "--into", "c.json", "--methods", "adam@0.2", "--no-plot")
        data = as_json("compare", "--into", "c.json", "--starts", 3)
        assert list(data["methods"]) == ["gd", "qng", "adam@0.2"]
        found = qng.load_run(place / "c.json")
        whole = qng.compare(
            SMALL, ["gd", "qng", "adam@0.2"], starts=3, shots=100, seed=5, steps=2, workers=1
        )
        for label, runs in whole.runs.items():
            assert [run.fun for run in found.runs[label]] == [run.fun for run in runs]

    def test_several_problems(self, place: Path) -> None:
        two = f"{SMALL},textbook-2"
        done("compare", two, "--methods", "gd", "--starts", 1, *QUICK, "--into", "c.json")
        done("compare", "--into", "c.json", "--methods", "qng", "--no-plot")
        found = qng.load_run(place / "c.json")
        assert {len(one.runs) for one in found.problems.values()} == {2}

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (("textbook-2",), "the problem differs"),
            (("--steps", 3), "steps of gd differ: 3, there 2"),
            (("--shots", 10), "shots of gd differ: 10, there none"),
            (("--seed", 3), "the seed differs: 3, there 0"),
            (("--executor", "aer:density_matrix"), "the executor differs"),
            (("--lr", "gd=0.2"), "--lr is for methods that are added"),
            (("--freeze", "x0"), "--freeze and --train are for a problem that is given"),
            (("--methods", "gd", "--lr", "gd=0.2"), "gd is there with other hyperparameters"),
        ],
    )
    def test_refused(self, words: tuple[object, ...], message: str, place: Path) -> None:
        done("compare", SMALL, "--methods", "gd", "--starts", 1, *QUICK, "--into", "c.json")
        before = (place / "c.json").read_bytes()
        code, _, err = invoke("compare", *words, "--into", "c.json", "--no-plot")
        assert code == 2
        assert message in err
        assert (place / "c.json").read_bytes() == before
