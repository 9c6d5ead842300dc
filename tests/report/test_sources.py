"""What is cited: sources as BibTeX and as lines, and which belong to a result."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qng.errors import InputError
from qng.report.cite import QNG, of_method, of_problem, of_software, unique
from qng.report.literature import TEXTS
from qng.report.sources import Source
from tests.bibtex import read


@pytest.mark.parametrize("source", [*TEXTS.values(), *of_software({"numpy": "2", "scipy": "1"})])
def test_every_source_is_bibtex_in_ascii(source: Source) -> None:
    text = source.bibtex()
    assert text.isascii()
    ((key, fields),) = read(text).items()
    assert key == source.key
    assert fields["author"].count(" and ") == len(source.authors) - 1
    assert fields.get("eprint", "") == source.arxiv
    assert fields.get("doi", "") == source.doi
    assert source.arxiv == "" or re.fullmatch(r"\d{4}\.\d{4,5}", source.arxiv)
    assert source.doi == "" or re.fullmatch(r"10\.\d{4,9}/\S+", source.doi)


def test_special_characters_are_escaped_and_accents_are_commands() -> None:
    source = Source("a", ("José Müller", "{A & B_}"), "100% {X} <b> #1 Å", 2020)
    fields = read(source.bibtex())["a"]
    assert fields["author"] == r"Jos{\'{e}} M{\"{u}}ller and {A \& B\_}"
    assert fields["title"] == r"{100\% \{X\} \textless{}b\textgreater{} \#1 {\r{A}}}"


def test_a_line_says_where_it_is() -> None:
    stokes = TEXTS["stokes2020"]
    assert stokes.line() == (
        "Stokes, Izaac, Killoran, Carleo, Quantum Natural Gradient, Quantum 4, 269 (2020), "
        "doi:10.22331/q-2020-05-25-269, arXiv:1909.02108"
    )
    assert stokes.link == "https://doi.org/10.22331/q-2020-05-25-269"
    assert Source("u", ("{The X team}",), "X", version="2", url="https://x.org").line() == (
        "The X team, X 2, https://x.org"
    )


@pytest.mark.parametrize("key", ["", "2020a", "a b", "a{b"])
def test_a_key_that_bibtex_cannot_read_is_refused(key: str) -> None:
    with pytest.raises(InputError, match="key"):
        Source(key, (), "X")


def test_methods_have_the_sources_of_their_parts() -> None:
    import qng

    parts = qng.optimizers
    table = {**parts.METHODS, **parts.CONTROLS}
    found = {name: [s.key for s in of_method(parts.named(name))] for name in table}
    # Older than any text that could be named for them.
    assert {name for name, keys in found.items() if not keys} == {"gd", "newton"}
    assert found["qng"] == ["stokes2020"]
    assert found["qn-spsa"] == ["gacon2021", "spall1992"]
    assert found["adam"] == ["kingma2014"]
    assert found["rmsprop"] == ["tieleman2012"]
    assert found["kfac"] == ["martens2015"]
    assert found["shampoo"] == ["gupta2018"]
    assert found["muon"] == ["jordan2024"]
    assert found["trust-region"] == ["schulman2015", "amari1998"]
    assert found["qbang"] == ["fitzek2024", "stokes2020"]


def test_a_problem_is_cited_with_its_own_words_and_the_papers_in_them() -> None:
    import qng

    text, *papers = of_problem(qng.load("sk-8"))
    assert text.key == "problem-sk-8"
    assert "couplings default_rng(12345)" in text.note
    assert [paper.key for paper in papers] == ["borysenko2024"]
    assert not of_problem(qng.Problem(qng.load("h2").circuit, {"Z0": 1.0}))


def test_the_software_is_that_which_had_a_part() -> None:
    versions = {"qng": "0.1", "numpy": "2.2", "scipy": "1.16", "qiskit": "2.3", "pennylane": "0.45"}
    keys = [source.key for source in of_software(versions)]
    assert keys == ["qng", "numpy", "scipy"]
    assert [s.key for s in of_software(versions, "aer")] == [*keys, "qiskit"]
    assert [s.key for s in of_software(versions, "pennylane:default.qubit")] == [*keys, "pennylane"]
    assert of_software(versions)[0].version == "0.1"


def test_the_software_is_cited_as_its_citation_file_says() -> None:
    text = (Path(__file__).parents[2] / "CITATION.cff").read_text(encoding="utf-8")
    assert f'title: "{QNG.title}"' in text
    assert f'name: "{QNG.authors[0][1:-1]}"' in text
    assert f"version: {QNG.version}" in text


def test_keys_are_unique() -> None:
    first, second = Source("a", (), "One"), Source("a", (), "Two")
    found = unique([first, second, first])
    assert [source.key for source in found] == ["a", "ab"]
    assert set(read("\n".join(source.bibtex() for source in found))) == {"a", "ab"}
