"""Tables are compiled by pdflatex, where there is one: without an error and an overfull line."""

import re
import shutil
import subprocess

import pytest

import qng
from qng.report import forms
from qng.run.several import Comparisons
from tests.report.pictures import comparison_of, decaying, run_of

pytestmark = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is missing")

LONG = "a method of mine with a name that says everything about it, at great length, and more"
NAMES = (LONG, "qng@0.05", "a_b & c%", "<x>|ψ⟩^2~{}\\$#", "Schrödinger -- 中 Škoda", "[x]", "*")


def compiled(folder, text):
    """The log of pdflatex."""
    (folder / "x.tex").write_text(text, encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = done.stdout.decode("latin-1")
    assert done.returncode == 0, log[-2000:]
    assert (folder / "x.pdf").stat().st_size > 10_000
    assert not re.search(r"Overfull|Missing|undefined|multiply", log)
    return log


def test_every_result(tmp_path):
    wild = comparison_of({name: [decaying(name, 0.2 * k)] * 4 for k, name in enumerate(NAMES)})
    metric = qng.metric("qng-demo", None, "blocks", shots=2000)
    of_mine = qng.load("textbook-2")
    wide = qng.Problem(of_mine.circuit, of_mine.observable, of_mine.initial, unit="k_B·T %")
    values = [
        wild,
        Comparisons({"a": wild, "b_1": comparison_of({"gd": [run_of("gd", [1.0, 1e-17])] * 3})}),
        qng.minimize("h2", "qng", steps=12, shots=4000),
        qng.minimize("one-qubit", "adam", steps=3),
        qng.evolve("one-qubit", 1.0),
        qng.evolve(wide, 1.0, kind="real", observables={"<X_0> & 5%": {"X0": 1.0}}),
        metric,
        qng.metric("h2"),
        qng.compare_steps("h2"),
        qng.adam_report("logistic", steps=4),
        qng.ansatz.geometry("qng-demo", pairs=800),
    ]
    texts = [forms.latex(value) for value in values]
    # Labels are those of the results, of which some are of one problem here.
    texts = [re.sub(r"\\label\{", rf"\\label{{{k}", text) for k, text in enumerate(texts)]
    begin, end = forms.latex(metric, document=True).split(texts[6].replace(r"\label{6", r"\label{"))
    compiled(tmp_path, begin + "\\clearpage\n".join(texts) + end)


def test_a_document_as_it_is(tmp_path):
    compiled(tmp_path, forms.latex(qng.compare_steps("one-qubit"), document=True))
