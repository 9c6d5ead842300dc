"""The code of the guide runs, and prints what its pages show."""

from __future__ import annotations

import inspect
import re
import warnings
from importlib import import_module
from pathlib import Path

import pytest

from tests import guide

PAGES = guide.pages()


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.blocks and not (p.needs or p.slow)], ids=lambda page: page.name
)
def test_a_page(page: guide.Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    with warnings.catch_warnings():
        guide.run(page)  # which may change what is warned of


def test_every_page_is_in_the_navigation() -> None:
    written = (guide.PAGES.parent / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r"[\w/-]+\.md", written))
    assert {f"{page.name}.md" for page in PAGES} <= listed


def test_links_to_elsewhere_are_addresses() -> None:
    for page in PAGES:
        text = page.path.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((\w+:[^)\s]*)\)", text):
            assert re.fullmatch(r"https://[\w.-]+\.\w+(/[\w./%+~#=-]*)?", link), link


@pytest.mark.parametrize("name", ["README.md", "tests/benchmarks/README.md"])
def test_links_within_the_project_lead_somewhere(name: str) -> None:
    text = (guide.ROOT / name).read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        assert link.startswith("https:") or (guide.ROOT / name).parent.joinpath(path).exists(), link
        assert path or anchor in anchors, link


# The rooms whose names the reference shows one by one; `import qng` shows the first.
ROOMS = (
    *("qng", "qng.circuit", "qng.estimate", "qng.geometry", "qng.models", "qng.run.ansatz"),
    *("qng.problem.hamiltonians", "qng.testing"),
)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_has_an_example(room: str) -> None:
    module = import_module(room)
    names = getattr(module, "__all__", None) or [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value)
        and not name.startswith("_")
        and value.__module__ != "qng.errors"
    ]
    said = {
        name: inspect.getdoc(value) or ""
        for name in names
        if callable(value := getattr(module, name)) and not getattr(value, "_is_protocol", False)
    }
    assert said
    assert [name for name, text in said.items() if ">>>" not in text] == []


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a 1.25 b", "a 1.26 b", True),
        ("a 1.25 b", "a 1.27 b", False),
        ("a 3", "a 4", False),
        ("first\n...\nlast 1e-3", "first\nmore of it\nand more\nlast 1e-3\n", True),
        ("first\n...", "second\nfirst", False),
        ("...\nlast", "last\nmore", False),
        ("a b", "a b c", False),
    ],
)
def test_what_agrees(shown: str, printed: str, same: bool) -> None:
    assert guide.agrees(shown, printed) is same


@pytest.mark.parametrize("text", ["~~~python\n1 / 0\n~~~\n", "```python\n1 / 0\n````\n"])
def test_no_block_is_overlooked(text: str, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(AssertionError, match="not seen"):
        guide.read(page)


def test_a_fault_of_a_page_is_told_with_its_line(tmp_path: Path) -> None:
    path = guide.PAGES / "none.md"
    wrong = guide.Page(path, blocks=[guide.Block("python", "print(2)\n", 7, shown="3\n")])
    with pytest.raises(AssertionError, match="line 7"):
        guide.run(wrong)
    unknown = guide.Page(path, blocks=[guide.Block("sh", "pip install -e '.[nothing]'", 9)])
    with pytest.raises(AssertionError, match="no extra nothing"):
        guide.run(unknown)
    with pytest.raises(AssertionError, match="cannot be run"):
        guide.run(guide.Page(path, blocks=[guide.Block("sh", "rm -r x", 9)]))
