"""What shells complete: names from the tables, in the protocols of Bash and Zsh."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qng.cli import complete
from qng.estimate.table import BERRY, GRADIENTS, METRICS
from qng.execute.names import EXECUTORS
from qng.optimize.methods import CONTROLS, METHODS
from qng.run.library import names as problems

ASK = "from qng.cli import main; main()"
HEAVY = ("numpy", "scipy", "numba", "matplotlib", "qiskit", "pennylane")


def asked(shell: str, **words: str) -> list[str]:
    """The lines of an answer, for which nothing heavy may be loaded."""
    code = (
        "import sys; sys.argv = ['qng']\n"
        f"try:\n    {ASK}\n"
        f"finally:\n    assert not [n for n in {HEAVY} if n in sys.modules]"
    )
    environment = {**os.environ, "_QNG_COMPLETE": f"complete_{shell}", **words}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


def bash(*words: str) -> list[str]:
    """As Bash asks: the words as it takes them apart, of which the last is completed."""
    return asked("bash", COMP_WORDS="\n".join(words), COMP_CWORD=str(len(words) - 1))


def test_names_are_those_of_the_tables():
    assert complete.methods("") == sorted([*METHODS, *CONTROLS])
    assert complete.problems("") == sorted(problems())
    assert complete.executors("") == sorted(EXECUTORS)
    assert complete.metrics("") == sorted(["auto", *METRICS])
    assert complete.gradients("") == sorted(["auto", *GRADIENTS])
    assert complete.estimators("") == sorted({*METRICS, *GRADIENTS, *BERRY})
    assert complete.cited("") == sorted({*METHODS, *CONTROLS, *problems()})


def test_of_several_names_the_last_is_completed_and_none_is_offered_twice():
    assert complete.methods("gd,qng-") == ["gd,qng-blocks", "gd,qng-diagonal"]
    assert complete.methods("adam,ada") == ["adam,adabelief", "adam,adagrad"]
    assert complete.metrics("sld,sl") == []


def test_folders_with_a_problem_are_offered(place: Path):
    (place / "hmm").mkdir()
    (place / "hmm" / "problem.toml").touch()
    (place / "hidden").mkdir()
    assert complete.problems("h") == ["h2", "hea-zz-8", "hmm"]
    assert complete.problems("h2,hm") == ["h2,hmm"]
    assert complete.problems("*") == []


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["run", "h"], ["h2", "hea-zz-8"]),
        (["run", "h2", "--executor", "aer", ":", "den"], ["density_matrix"]),
        (["plot", "res"], []),  # a file: Bash completes it
    ],
)
def test_bash(words, answer):
    assert bash("qng", *words) == answer


def test_zsh():
    found = asked("zsh", _TYPER_COMPLETE_ARGS="qng run h2 --optimizer qng-")
    assert " ".join(found) == """_arguments '*: :(("qng-blocks" "qng-diagonal"))'"""
    assert asked("zsh", _TYPER_COMPLETE_ARGS="qng plot res") == ["_files"]


def test_bash_itself(place: Path):
    """Bash with the script that is installed, as far as it goes without a terminal."""
    command = place / "qng"
    command.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'import sys; sys.argv = [\"qng\"]; {ASK}'"
    )
    command.chmod(0o755)
    script = (
        'eval "$(_QNG_COMPLETE=source_bash qng)"; complete -p qng; '
        "COMP_WORDS=(qng compare h2 --methods gd,qng-); COMP_CWORD=4; _qng_completion qng; "
        'echo "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env={**os.environ, "PATH": f"{place}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "complete -o default -F _qng_completion qng",
        "gd,qng-blocks gd,qng-diagonal",
    ]


@pytest.mark.parametrize(
    ("words", "at", "whole", "place"),
    [
        (["qng", "run"], 1, ["qng", "run"], 1),
        (["qng", "--executor", "aer", ":"], 3, ["qng", "--executor", "aer:"], 2),
        (["qng", "--methods", "=", "gd"], 3, ["qng", "--methods=gd"], 1),
        (["qng", "--methods", "qng", "@", "0.1,ad"], 4, ["qng", "--methods", "qng@0.1,ad"], 2),
        (["qng", "a", ":", "b", "c"], 4, ["qng", "a:b", "c"], 2),
        (["qng", "a", ":", "b"], 4, ["qng", "a:b"], 2),
    ],
)
def test_words_are_put_together_as_they_were_typed(words, at, whole, place):
    assert complete.joined(words, at) == (whole, place)
