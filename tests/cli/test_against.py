"""`qng compare --against`: what cost is counted in."""

import json

import pytest
from typer.testing import CliRunner

from qng.cli import application

CALL = ("compare", "textbook-2", "--methods", "gd,qng", "--starts", "2", "--steps", "4")


def told(*arguments):
    return CliRunner().invoke(application(), [*CALL, "--no-plot", "--workers", "1", *arguments])


@pytest.mark.parametrize(
    ("axis", "head"), [("qpu", "QPU s"), ("steps", "steps"), (None, "circuits")]
)
def test_the_axis_is_in_the_table(axis, head):
    found = told(*(() if axis is None else ("--against", axis)))
    assert found.exit_code == 0, found.output
    assert found.output.splitlines()[2].count(head) == 2


def test_json_says_its_axis():
    found = json.loads(told("--json", "--against", "shots").output)
    assert found["cost"]["axis"] == "shots"
    assert found["methods"]["gd"]["runs"][0]["spent"] == [0, 9000, 18000, 27000, 36000]


def test_an_unknown_axis_is_refused_before_anything_is_run():
    found = told("--against", "money")
    assert found.exit_code != 0
    assert "money" in str(found.exception) + found.output
