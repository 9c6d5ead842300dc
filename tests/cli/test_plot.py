"""`qng plot`: pictures of what was saved, and saved pictures drawn again as the same file."""

import pytest

import qng
from qng.report import plots
from qng.run.saved import save_run
from qng.run.several import Comparisons
from tests.cli.test_commands import done
from tests.cli.test_errors import invoke
from tests.report.pictures import comparison_of, decaying, run_of


@pytest.fixture
def kept(tmp_path):
    """The file of a comparison."""
    file = tmp_path / "kept.json"
    save_run(comparison_of({m: [decaying(m, r)] * 2 for m, r in (("gd", 0.1), ("qng", 1))}), file)
    return file


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_picture_is_drawn_again_as_the_same_file(kept, suffix):
    first, again = (kept.with_name(f"{name}{suffix}") for name in ("first", "again"))
    out = done("plot", kept, "-o", first, "--kind", "share", "--against", "steps", "--width", 1)
    assert out == f"saved {first}, and its numbers in {first.with_suffix('.json')}\n"
    done("plot", first.with_suffix(".json"), "-o", again)
    assert first.read_bytes() == again.read_bytes()


def test_a_comparison_that_was_saved_is_drawn_as_it_was(tmp_path):
    saved, first, again = (tmp_path / name for name in ("saved.json", "first.svg", "again.svg"))
    settings = ("--starts", 2, "--steps", 3, "--methods", "gd,qng", "--workers", 1)
    done("compare", "one-qubit", *settings, "--save", saved, "--plot", first)
    done("plot", saved, "-o", again)
    assert first.read_bytes() == again.read_bytes()
    assert first.with_suffix(".json").read_bytes() == again.with_suffix(".json").read_bytes()


def test_what_it_is_drawn_from_stays(tmp_path):
    picture, drawn = tmp_path / "a.json", tmp_path / "a.png"
    plots.save(plots.lines({"a": [1, 2]}, x_label="x", y_label="y", title="T"), drawn)
    before = picture.read_bytes()
    assert done("plot", picture, "--bare") == f"saved {drawn}\n"
    assert picture.read_bytes() == before


def test_kinds(tmp_path):
    several, run = tmp_path / "several.json", tmp_path / "run.json"
    one = comparison_of({"gd": [decaying("gd", 0.1)] * 2})
    save_run(Comparisons({"a": one, "b": one}), several)
    save_run(qng.minimize("one-qubit", "gd", steps=2), run)
    for file, kind in ((several, "several"), (run, "landscape"), (run, "bloch")):
        done("plot", file, "--kind", kind, "-o", tmp_path / f"of-{kind}.svg")
        assert plots.load(tmp_path / f"of-{kind}.json").kind == kind


def test_what_cannot_be_drawn(kept, tmp_path):
    save_run(run_of("gd", [1.0]), tmp_path / "run.json")
    save_run(comparison_of({}).goal, tmp_path / "goal.json")
    picture = tmp_path / "picture.json"
    plots.save(plots.lines({"a": [1, 2]}, x_label="x", y_label="y"), tmp_path / "picture.svg")
    for arguments, words in (
        ((kept, "--kind", "bloch"), "known: compared"),
        ((kept, "--against", "money"), "known: "),
        ((kept, "--kind", "rates", "--against", "steps"), "no axis to choose"),
        ((kept, "-o", "a.gif"), ".png, .svg, .pdf"),
        ((tmp_path / "no.json",), "cannot be read"),
        ((tmp_path / "goal.json",), "holds a Goal, of which there is no picture"),
        ((tmp_path / "run.json", "--kind", "landscape"), "how it was made"),
        ((picture, "--kind", "share"), "is a picture already"),
    ):
        code, out, err = invoke("plot", *arguments)
        assert (code, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1
