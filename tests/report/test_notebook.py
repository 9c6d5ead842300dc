"""What notebooks show: drawings of circuits, heat maps, tables and pictures; nothing is markup."""

import io
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.image import imread

import qng
from qng.circuit.angle import parameter
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli, PauliSum
from qng.errors import InputError, UnknownNameError
from qng.geometry import Dense
from qng.plan.quantities import Energy, GradientEstimate
from qng.report import notebook
from qng.report.cells import with_error
from qng.report.notebook.heat import heat_map, painted, png
from qng.run.several import Comparisons

EVIL = "<script>alert(1)</script>&"


class Seen(HTMLParser):
    """What stands on a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.words, self.rows, self.images = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        self.words.append(data)
        if self.rows:
            self.rows[-1].append(data)

    @property
    def text(self):
        return "\n".join(self.words)


def test_an_image_is_what_was_painted():
    shares = np.array([[1.0, 0.0, -0.5], [0.0, -1.0, 0.25], [0.1, 0.2, 0.3]])
    known = np.array([[1, 1, 1], [1, 1, 1], [0, 0, 0]], dtype=bool)
    pixels = painted(shares, known)
    read = np.rint(255 * imread(io.BytesIO(png(pixels)), format="png")).astype(int)
    assert np.array_equal(read[..., :3], pixels)
    assert pixels[0, 1].tolist() == [255, 255, 255]
    assert (pixels[2] == pixels[2, 0]).all()
    assert pixels[0, 0, 0] > pixels[0, 0, 2]  # positive: red
    assert pixels[1, 1, 2] > pixels[1, 1, 0]  # negative: blue


def test_a_heat_map_has_the_numbers_with_their_errors():
    values = np.array([[0.25, -0.1234], [-0.1234, 1e-17]])
    errors = np.array([[0.0, 0.0021], [0.0021, 0.0]])
    known = np.ones((2, 2), dtype=bool)
    seen = Seen(heat_map(values, known, errors).text)
    assert seen.rows == [["0", "1"], ["0", "0.25", "-0.1234(21)"], ["1", "-0.1234(21)", "0"]]
    large = Seen(heat_map(np.eye(20), np.ones((20, 20), dtype=bool), None).text)
    assert large.images[0]["src"].startswith("data:image/png;base64,")
    Seen(heat_map(np.full((2, 2), np.nan), known, None).text)


def evil():
    """Where everything is called what nobody should."""
    t = EVIL
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter(t))], [t])
    return qng.Problem(
        circuit, {"Z0": 1.0}, start=[0.5], name=EVIL, title=EVIL, source=EVIL, unit=EVIL
    )


def test_nothing_of_a_value_is_markup():
    problem = evil()
    comparison = qng.compare(problem, {EVIL: "gd"}, starts=2, steps=2, workers=1)
    run = comparison[EVIL][0]
    for value in (problem, problem.circuit, problem.circuit.draw(), run, run.trace, comparison):
        page = value._repr_html_()
        assert "script" not in Seen(page).tags
        assert "<script" not in page
        repr(value)


def test_a_metric_says_what_it_is():
    seen = Seen(qng.metric("h2", None, "blocks")._repr_html_())
    assert "Blocks metric of 12 parameters, exact" in seen.text
    assert "grey: zero by decision, 48 of 144 entries computed" in seen.text
    assert "rank 8 of 12; eigenvalues from 0 to 0.25" in seen.text
    measured = Seen(qng.metric("qng-demo", None, "blocks", shots=1000)._repr_html_())
    assert "in brackets: the standard error" in measured.text
    assert "too large to be drawn" in Dense(np.eye(600))._repr_html_()
    assert "0 parameters" in Dense(np.zeros((0, 0)))._repr_html_()


def test_what_is_printed_is_what_the_terminal_shows():
    measured = qng.metric("qng-demo", None, "blocks", shots=1000)
    lines = str(measured).splitlines()
    assert lines[0] == repr(measured)
    entry = with_error(measured[0, 0], measured.std_error[0, 0])
    assert lines[1].split() == [entry, "0", ".", "."]
    assert str(Dense(np.eye(13))) == repr(Dense(np.eye(13)))
    comparison = qng.compare("textbook-2", ["gd"], starts=1, steps=1, workers=1)
    both = Comparisons({"a": comparison, "b": comparison})
    for value, title in ((comparison, "Two qubits, <Z0 Z1>: 1 start"), (both, "2 problems: a, b")):
        assert str(value).startswith(title)
        assert "\x1b" not in str(value)
        assert all(line == line.rstrip() for line in str(value).splitlines())
    assert str(Comparisons({})) == "Comparisons([], methods=[])"


def test_a_curvature_is_an_array():
    found = qng.berry_curvature("qng-demo", shots=10_000)
    assert np.array_equal(np.asarray(found), found.value)
    assert found[1, 2] == -found[2, 1]


def test_energies_and_gradients_are_numbers():
    energy = qng.energy("qng-demo", [0.1, 0.2, 0.3, 0.4])
    assert float(energy) == energy.value == np.asarray(energy)
    assert f"{energy:.3f}" == f"{energy.value:.3f}"
    assert f"{energy}" == repr(energy)
    assert float(Energy(np.array([0.5]))) == 0.5
    several = qng.energy("qng-demo", np.zeros((3, 4)))
    with pytest.raises(InputError, match="energies at 3 points, and float"):
        float(several)
    assert np.array_equal(np.asarray(several), several.value)
    assert "energy" in Seen(energy._repr_html_()).text
    assert len(Seen(several._repr_html_()).rows) == 4
    gradient = qng.gradient("qng-demo", [0.1, 0.2, 0.3, 0.4], shots=1000)
    assert np.array_equal(np.asarray(gradient), gradient.value)
    assert np.linalg.norm(gradient) == np.linalg.norm(gradient.value)
    assert (len(gradient), gradient[1]) == (4, gradient.value[1])
    assert "covariance" not in repr(gradient)
    assert "std_error" in repr(gradient)
    assert "length" in Seen(gradient._repr_html_()).text
    many = GradientEstimate(np.ones((3, 40)))
    assert "gradients at 3 points, of 40 parameters" in Seen(many._repr_html_()).text


def test_runs_and_traces():
    run = qng.minimize("qng-demo", "qng", steps=3, shots=2000)
    assert repr(run).startswith("Run('qng-demo', 'qng', fun=")
    assert "\n" not in repr(run)
    rows = list(run.trace)
    assert rows == list(run.trace.rows)
    assert run.trace[-1] is rows[-1]
    assert run.trace[1:].rows == run.trace.rows[1:]
    assert run.trace["energy"].tolist() == [row.energy for row in rows]
    with pytest.raises(UnknownNameError, match="unknown column 'energi'; did you mean energy"):
        run.trace["energi"]
    with pytest.raises(IndexError):
        run.trace[4]
    seen = Seen(run._repr_html_())
    assert len(seen.images) == 1
    assert "trace of 4 points" in seen.text
    assert "4 rows, one a point" in Seen(run.trace._repr_html_()).text
    assert repr(run.trace).startswith("Trace(rows=4, energy: ")
    assert run.plot().kind == "trace"
    assert run.plot("landscape").kind == "landscape"
    with pytest.raises(UnknownNameError, match="unknown kind of picture 'trase'; did you mean"):
        run.plot("trase")
    with pytest.raises(UnknownNameError, match="unknown option of the picture trace 'against'"):
        run.plot(against="shots")


def test_comparisons_are_entered_by_name():
    comparison = qng.compare("textbook-2", ["gd", "qng"], starts=3, steps=4, workers=1)
    assert comparison["qng"] == comparison.runs["qng"]
    assert list(comparison) == ["gd", "qng"]
    assert "qng" in comparison
    assert "adam" not in comparison
    with pytest.raises(UnknownNameError, match="unknown method of this comparison 'qgn'"):
        comparison["qgn"]
    assert repr(comparison) == (
        "Comparison('textbook-2', starts=3, steps=4, runs: {gd: 3, qng: 3})"
    )
    seen = Seen(comparison._repr_html_())
    assert len(seen.images) == 1
    assert [row[0] for row in seen.rows[1:]] == ["gd", "qng"]
    assert comparison.plot("share", against="steps").kind == "share"
    both = Comparisons({"a": comparison, "b": comparison})
    assert both["a"] is comparison
    assert list(both) == ["a", "b"]
    assert "a" in both
    with pytest.raises(UnknownNameError, match="unknown problem of these comparisons 'c'"):
        both["c"]
    assert repr(both) == "Comparisons(['a', 'b'], methods=['gd', 'qng'])"
    assert len(Seen(both._repr_html_()).images) == 1


def test_evolutions_have_rows():
    found = qng.evolve("textbook-2", 0.5, times=[0.2])
    assert [row.time for row in found] == found.times.tolist() == [0.0, 0.2, 0.5]
    assert found[-1] is found.moments[-1]
    with pytest.raises(UnknownNameError, match="unknown column 'tme'"):
        found["tme"]
    assert repr(found).startswith("Evolution('textbook-2', imaginary, time=0.5, energy=")
    assert len(Seen(found._repr_html_()).images) == 1
    assert found.plot().kind == "evolution"


def test_lines_are_short_and_tell_values_apart():
    h2 = qng.load("h2")
    one, other = qng.load("h2"), h2.freeze("t0")
    assert repr(h2) == repr(one) != repr(other)
    assert repr(h2.circuit) != repr(h2.circuit.bind({"t0": 0.1}).renamed({}))
    assert repr(h2.circuit) != repr(h2.circuit.with_noise())
    long = qng.load("lih").observable
    assert repr(long) != repr(long + 1e-9)
    assert eval(repr(PauliSum({"X0": 1.0, "Z1": 2j})), {"PauliSum": PauliSum})
    model = qng.load("gaussian-toy")
    assert repr(model) == repr(qng.load("gaussian-toy"))
    assert repr(model).startswith("ModelProblem('gaussian-toy'")
    for value in (h2, other, h2.circuit, long, model):
        assert len(repr(value)) < 250
        assert "\n" not in repr(value)
        assert "<" not in repr(value)
    assert "Pauli words on" in Seen(long._repr_html_()).text
    assert "a model, without circuits" in Seen(model._repr_html_()).text


def test_pictures_show_themselves_as_large_as_the_text_around():
    picture = qng.metric("qng-demo").plot(["a", "b", "c", "d"], "a title")
    drawn, size = picture._repr_png_()
    assert drawn.startswith(b"\x89PNG")
    assert size == {"width": round(115 * picture.width)}
    assert repr(picture) == "Picture('metric', panels=2, width=7)"
    with pytest.raises(InputError, match="2 name"):
        qng.metric("qng-demo").plot(["a", "b"])
    with pytest.raises(InputError, match="no picture of a int"):
        notebook.plot(3)


def test_without_matplotlib_there_is_the_table():
    script = """
import sys
sys.modules["matplotlib"] = None
import qng
run = qng.minimize("h2", "gd", steps=2)
page = run._repr_html_()
assert "no picture: " in page and "matplotlib" in page and "circuit evaluations" in page
assert "<svg" in run.made.problem._repr_html_() and "qng-heat" in qng.metric("h2")._repr_html_()
try:
    run.plot()
except qng.errors.InputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert "pip install matplotlib" in done.stdout.decode().replace('"', "")


def test_a_berry_curvature_is_a_line_and_a_heat_map():
    found = qng.berry_curvature("h2", shots=1000)
    assert len(repr(found)) < 100
    page = Seen(found._repr_html_())
    assert "Berry curvature in 12 parameters, with standard errors" in page.text
    assert len(page.rows) == 13
    assert len(found) == 12


def test_one_of_each_is_not_called_several():
    circuit = Circuit(1, [Rotation(Pauli.parse("X0"), parameter("t"))], ["t"])
    words = "1 qubit, 1 parameter, 1 operation (1 rotation with parameters)"
    assert words in Seen(circuit._repr_html_()).text


def test_of_a_matrix_that_is_not_positive_the_rank_is_right():
    assert "rank 3 of 4" in Seen(Dense(np.diag([1.0, -2.0, 0.0, -3.0]))._repr_html_()).text
