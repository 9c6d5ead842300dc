"""What goes to stdout and what to stderr."""

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
import typer

from qng.cli import output
from qng.errors import InputError, QngError
from qng.geometry import Diagonal
from qng.report import plots
from qng.report.tables import metric_summary, metric_table


def test_results_and_complaints_part(capsys):
    output.show("a result")
    output.complain("of two\n  lines")
    assert capsys.readouterr() == ("a result\n", "of two lines\n")


def test_a_table_in_a_file_is_not_cut(capsys):
    output.show(metric_summary(Diagonal(np.ones(2)), ["[bold]a" + "x" * 90, "b[0]"]))
    out = capsys.readouterr().out
    assert "{[bold]a" + "x" * 90 + "} {b[0]}" in out
    assert not any(line != line.rstrip() for line in out.splitlines())


def test_numbers_on_a_narrow_terminal_are_not_cut(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    names = [f"t{k}" for k in range(12)]
    output.show(metric_table(Diagonal(np.arange(12) + 0.1234), names, "a metric"))
    out = capsys.readouterr().out
    assert all(f"{k + 0.1234:.4f}" in out for k in range(12))


def test_a_usual_picture_that_cannot_be_saved_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match=r"no folder .* give --plot FILE, or --no-plot"):
        output.usual_picture(tmp_path / "none" / "a.png")


def test_json_is_one_line_and_strict(capsys):
    output.show_json({"ä": [1.0, None]})
    assert capsys.readouterr().out == '{"ä": [1.0, null]}\n'
    with pytest.raises(ValueError, match="JSON"):
        output.show_json({"a": math.nan})


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_is_for_terminals(terminal, capsys, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
    with output.progress("a run", 3) as tell:
        tell(3, "-1.5 Ha")
    out, err = capsys.readouterr()
    assert out == ""
    assert all((word in err) == terminal for word in ("a run", "3/3", "-1.5 Ha"))


@pytest.mark.parametrize(
    ("raised", "code", "line"),
    [
        (InputError("no such thing"), output.BAD_INPUT, "error: no such thing\n"),
        (QngError("lost"), output.FAILED, "error: lost\n"),
        (KeyboardInterrupt(), output.INTERRUPTED, "interrupted\n"),
    ],
)
def test_errors_are_lines_and_codes(raised, code, line, capsys):
    def command():
        raise raised

    with pytest.raises(typer.Exit) as ended:
        output.reported(command)()
    assert (ended.value.exit_code, capsys.readouterr().err) == (code, line)


def test_a_bug_is_no_error_of_the_user():
    def command():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        output.reported(command)()


def test_a_warning_is_said_once(capsys):
    def command():
        for text in ("odd", "even", "odd"):
            warnings.showwarning(text, UserWarning, "", 0)

    output.reported(command)()
    assert capsys.readouterr().err == "warning: odd\nwarning: even\n"


def test_warnings_are_lines(capsys):
    shown = warnings.showwarning
    output.reported(lambda: print(warnings.showwarning("odd", UserWarning, "", 0) or "done"))()
    assert capsys.readouterr() == ("done\n", "warning: odd\n")
    assert warnings.showwarning is shown


def test_a_failed_command_says_so_after_its_results(capsys):
    with pytest.raises(typer.Exit) as ended:
        output.fail("2 of 4 runs")
    assert (ended.value.exit_code, capsys.readouterr().err) == (1, "failed: 2 of 4 runs\n")


@pytest.mark.parametrize("quiet", [False, True])
def test_a_picture_is_saved_and_said(quiet, capsys, tmp_path):
    file = tmp_path / "a.svg"
    output.check_picture(file)
    picture = plots.lines({"qng": [1.0, 0.5]}, x_label="step", y_label="energy")
    output.save_picture(picture, file, quiet)
    assert "<svg" in file.read_text()
    said = f"saved {file}, and its numbers in {tmp_path / 'a.json'}\n"
    assert "".join(capsys.readouterr().out.split()) == ("" if quiet else "".join(said.split()))


def test_pictures_that_cannot_be_saved(tmp_path):
    output.check_picture(None)
    for path in (tmp_path / "a.gif", tmp_path, tmp_path / "no" / "a.png", Path("a")):
        with pytest.raises(InputError, match="picture"):
            output.check_picture(path)
