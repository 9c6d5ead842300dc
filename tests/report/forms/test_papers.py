"""Tables in LaTeX: whole, escaped, with their errors; `tests/optional` compiles them."""

import re

import pytest

import qng
from qng.errors import InputError, UnknownNameError
from qng.report import forms
from qng.run.several import Comparisons
from tests.report.pictures import comparison_of, decaying, run_of


def rows_of(text):
    """The rows of the only table of a text, by cell."""
    body = text.partition(r"\midrule")[2].partition(r"\bottomrule")[0]
    lines = [line.strip() for line in body.strip().splitlines()]
    assert all(line.endswith(r" \\") for line in lines)
    return [re.split(r" (?<!\\)& ", line.removesuffix(r" \\")) for line in lines]


def compared():
    runs = {
        "gd_1 & 2": [decaying("gd_1 & 2", 0.1)] * 4,
        "qng@0.05": [decaying("qng@0.05", rate) for rate in (0.5, 0.6, 0.7, 0.8)],
    }
    return comparison_of(runs)


def test_the_table_of_a_comparison():
    text = compared().to_latex()
    assert text.isascii()
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1
    assert r"\label{tab:comparison-toy}" in text
    assert "chemical accuracy, 0.0016 Ha" in text
    first, second = rows_of(text)
    head = text.partition(r"\toprule")[2].partition(r"\midrule")[0]
    assert len(first) == len(second) == 7 == head.count(" & ") + 1
    assert first[0] == r"gd\_1 \& 2"
    assert second[:3] == ["qng@0.05", "0.1", "4/4 [51, 100]"]
    # The quartiles of exp(-20 rate): 4.5e-5, 6.1e-6, 8.3e-7, 1.1e-7.
    assert second[4] == r"$3.5\,[0.65, 16]\times10^{-6}$"


def test_errors_stand_in_brackets():
    run = run_of("gd", [1.0, 0.12749], errors=[0.01, 0.00271])
    assert [row[1] for row in rows_of(run.to_latex())] == ["1.000(10)", "0.1275(27)"]


def test_caption_label_and_document():
    text = compared().to_latex(caption="Mine, $x_1$.", label="tab:mine")
    assert r"\caption{Mine, $x_1$.}" in text
    assert r"\label{tab:mine}" in text
    assert r"\caption" not in compared().to_latex(caption="")
    whole = forms.latex(compared(), document=True)
    assert whole.startswith(r"\documentclass")
    assert whole.rstrip().endswith(r"\end{document}")
    with pytest.raises(InputError, match="a label has letters"):
        compared().to_latex(label="tab:{x}")
    with pytest.raises(UnknownNameError, match="axis"):
        compared().to_latex(against="money")


def test_several_problems_are_several_tables():
    several = Comparisons({"a b": compared(), "c": compared()})
    text = several.to_latex()
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert len(labels) == len(set(labels)) == 4
    assert text.count(r"\begin{table}") == 4
    with pytest.raises(InputError, match="these are 4"):
        several.to_latex(caption="one")


def test_a_cell_that_begins_with_a_bracket_is_no_option():
    text = comparison_of({"[x]": [decaying("[x]", 0.1)]}).to_latex()
    assert rows_of(text)[0][0] == "{}[x]"


def test_long_names_are_broken():
    name = "a method of mine with a name that says everything about it, at great length, and more"
    text = comparison_of({name: [decaying(name, 0.1)], "gd": [decaying("gd", 0.2)]}).to_latex()
    assert re.search(r"\\begin\{tabular\}\{@\{\}p\{\d+pt\}r", text)
    assert rf"\raggedright\hspace{{0pt}}{name}" in text
    short = comparison_of({"gd": [decaying("gd", 0.2)]}).to_latex()
    assert "raggedright" not in short


def test_units_stand_below_where_the_table_is_wide():
    long = qng.Problem(qng.load("one-qubit").circuit, {"Z0": 1.0}, unit="k_B T % m")
    text = qng.evolve(long, 0.5).to_latex()
    assert r"\shortstack[r]{energy\\(k\_B T \% m)}" in text


def test_what_has_no_name_has_a_title_without_one():
    circuit = qng.load("one-qubit").circuit
    run = qng.minimize(qng.Problem(circuit, {"Z0": 1.0}), "gd", steps=1)
    assert r"\caption{gd. " in run.to_latex()
    assert run.to_markdown().startswith("**gd**")


def test_other_results():
    metric = qng.metric("qng-demo", None, "blocks", shots=2000)
    assert r"$\cdot$" in forms.latex(metric)
    assert re.search(r"0\.\d+\(\d+\)", forms.latex(metric))
    steps = qng.compare_steps("one-qubit", methods=["gd", "qng"])
    assert [row[0] for row in rows_of(forms.latex(steps))] == ["gd", "qng"]
    with pytest.raises(InputError, match="this is a dict"):
        forms.latex({})


def test_markdown():
    text = compared().to_markdown()
    lines = text.splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 4
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1
    assert r"gd\_1 \& 2" in table[2]
    assert any(line.startswith("- solved") for line in lines)
    assert run_of("gd", [1.0, 0.5]).to_markdown(rows=2).count("\n|") == 4
