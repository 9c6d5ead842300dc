"""The code of the guide's pages: what a reader would type, and what she would see.

A page is text with fenced blocks. Those of `python` are run in order in one namespace, those of
`sh` by the command line's runner, in one folder for the page. A block of `text` that follows one
says what it prints: `...` stands for anything, and a number may differ in its last digit. Blocks
of other languages (`toml`, `json`, `bibtex`) whose first line names a file are written to it.

What a page needs stands in its head (`needs: [jax, torch]`); one with `slow: true` is run with
these, and of one with `quiet: true` it is not looked at what other packages say of each other.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import textwrap
import tomllib
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import Result
from scipy.sparse import SparseEfficiencyWarning
from typer.testing import CliRunner

from qng.cli import application
from qng.errors import NoisyMetricWarning, SurrogateWarning

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "examples" / "guide" / "pages"

_HEAD = re.compile(r"\A---\n(.*?)^---\n", re.M | re.S)
_BLOCK = re.compile(r"^([ ]*)(`{3,})([^\n`]*)\n(.*?)^\1\2[ ]*$", re.M | re.S)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass
class Block:
    """A fenced block: its language, its text, and the line where it begins."""

    language: str
    text: str
    line: int
    shown: str | None = None


@dataclass
class Page:
    """A page of the guide.

    Args:
        path: Where it is.
        needs: The modules without which its code cannot run.
        slow: Whether it takes more than a second or two.
        quiet: Whether other packages may warn of each other.
    """

    path: Path
    needs: tuple[str, ...] = ()
    slow: bool = False
    quiet: bool = False
    blocks: list[Block] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.path.relative_to(PAGES).with_suffix("").as_posix()


def read(path: Path) -> Page:
    """A page with its head and its blocks; one that is shown belongs to the one before."""
    text = path.read_text(encoding="utf-8")
    head = found[1] if (found := _HEAD.match(text)) else ""
    needs = re.search(r"^needs: \[(.*)\]$", head, re.M)
    page = Page(
        path,
        tuple(name.strip() for name in needs[1].split(",")) if needs else (),
        "slow: true" in head.splitlines(),
        "quiet: true" in head.splitlines(),
    )
    found_blocks = list(_BLOCK.finditer(text))
    fences = re.findall(r"^ *(?:```|~~~)", text, re.M)
    assert len(fences) == 2 * len(found_blocks), f"{path}: a block that is not seen"
    for match in found_blocks:
        language, inside = match[3].strip(), textwrap.dedent(match[4])
        if language == "text" and page.blocks and page.blocks[-1].shown is None:
            page.blocks[-1].shown = inside
        elif language == "text":
            raise AssertionError(f"{path}: a block of text that is printed by nothing")
        else:
            line = text.count("\n", 0, match.start()) + 1
            page.blocks.append(Block(language, inside, line))
    return page


def pages() -> list[Page]:
    """All pages that are written by hand."""
    return [read(path) for path in sorted(PAGES.rglob("*.md"))]


def run(page: Page) -> None:
    """Run the code of a page, and compare what it prints; the folder of now is its own.

    Raises:
        AssertionError: Something else is printed, or a command fails.
        Exception: Whatever the code raises, with the line of the page.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    if page.quiet:
        for kind in (DeprecationWarning, SparseEfficiencyWarning):
            warnings.simplefilter("ignore", kind)
    for block in page.blocks:
        where = f"{page.name}.md, line {block.line}"
        if block.language == "python":
            printed = _python(block, names, page.path)
        elif block.language == "sh":
            printed = _shell(block, where)
        else:
            named = re.match(r"(?:#|//)\s*(\S+)\n", block.text)
            assert named, f"{where}: a block that is neither run nor written to a file"
            Path(named[1]).parent.mkdir(parents=True, exist_ok=True)
            Path(named[1]).write_text(block.text[named.end() :], encoding="utf-8")
            continue
        if block.shown is not None:
            assert agrees(block.shown, printed), f"{where} prints\n{printed}\nnot\n{block.shown}"


def _python(block: Block, names: dict[str, Any], path: Path) -> str:
    out = io.StringIO()
    code = compile("\n" * block.line + block.text, str(path), "exec")
    with contextlib.redirect_stdout(out):
        exec(code, names)
    return out.getvalue()


def _shell(block: Block, where: str) -> str:
    """Commands of ours are run; of `pip install` the extras are looked up."""
    printed = []
    text = re.sub(r"\\\n\s*", " ", block.text)
    for line in filter(None, (line.strip() for line in text.splitlines())):
        for command in line.split("&&"):
            words = shlex.split(command, comments=True)
            if words[:2] == ["pip", "install"]:
                _check_extras(" ".join(words[2:]), where)
            elif words and words[0] == "qng":
                done = _command(words[1:])
                assert done.exit_code == 0, f"{where}: {command}\n{done.output}"
                printed.append(done.stdout)
            else:
                assert not words, f"{where}: {words[0]} cannot be run here"
    return "".join(printed)


def _command(words: list[str]) -> Result:
    """A command of ours; what it warns of stands on stderr, as for a reader."""
    with warnings.catch_warnings():
        for kind in (NoisyMetricWarning, SurrogateWarning):
            warnings.simplefilter("always", kind)
        return CliRunner().invoke(application(words), words)


def _check_extras(wanted: str, where: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = re.search(r"\[([\w,-]+)\]", wanted)
    for extra in found[1].split(",") if found else ():
        assert extra in project["optional-dependencies"], f"{where}: there is no extra {extra}"


def agrees(shown: str, printed: str) -> bool:
    """Whether what is printed is what a page shows, numbers to their last digit."""
    parts = [part.split() for part in shown.split("...")]
    words, at = printed.split(), 0
    for k, part in enumerate(parts):
        last = k == len(parts) - 1
        places = [len(words) - len(part)] if last else range(at, len(words) - len(part) + 1)
        if k == 0:
            places = [0]
        if last and k == 0 and len(words) != len(part):
            return False
        for place in places:
            if place >= at and all(map(_same, part, words[place : place + len(part)])):
                at = place + len(part)
                break
        else:
            return False
    return True


def _same(shown: str, printed: str) -> bool:
    """Whether two words are equal but for the last digits of their numbers."""
    if shown == printed:
        return True
    if _NUMBER.sub("#", shown) != _NUMBER.sub("#", printed):
        return False
    return all(
        abs(float(a) - float(b)) <= 1.001 * _last(a)
        for a, b in zip(_NUMBER.findall(shown), _NUMBER.findall(printed))
    )


def _last(number: str) -> float:
    """The worth of the last digit of a number as it is written; none of a whole one."""
    mantissa, _, exponent = number.partition("e")
    _, point, digits = mantissa.partition(".")
    return 10.0 ** (int(exponent or 0) - len(digits)) if point or exponent else 0.0
