"""Tables on a terminal that is too narrow for them."""

from __future__ import annotations

from io import StringIO
from itertools import chain

import pytest
from rich.console import Console, Group, RenderableType
from rich.text import Text

from qng.report import cells
from qng.report.fitted import fitted

NUMBERS = [[f"{-k - 0.123456789 * j:.9f}(12)" for j in range(7)] for k in range(3)]


def table(words: str = "a title of several words") -> RenderableType:
    found = cells.frame()
    found.add_column("name")
    for k in range(7):
        found.add_column(f"quantity {k}\n(Ha)", justify="right")
    found.add_column("what it is")
    for k, row in enumerate(NUMBERS):
        cells.add(found, [f"t{k}", *row, words])
    return cells.titled("[a title]", found)


def printed(item: RenderableType, width: int) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=width, highlight=False, markup=False)
    console.print(*fitted(item, width), sep="\n")
    return out.getvalue().splitlines()


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 170, 200])
def test_numbers_are_whole_and_lines_fit(width: int) -> None:
    lines = printed(table(), width)
    words = [word for line in lines for word in line.split()]
    assert all(words.count(number) == 1 for number in chain(*NUMBERS))
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)
    # The first column stands beside all others.
    rows = [line.split() for line in lines if any(n in line for n in chain(*NUMBERS))]
    assert all(row[0] == f"t{[row[1] in r for r in NUMBERS].index(True)}" for row in rows)


def test_what_fits_is_left_as_it_is() -> None:
    plain, words = cells.frame(), cells.frame()
    plain.add_column("a", justify="right")
    for k in range(9):
        words.add_column(f"many words in column {k}")
    for item in (plain, words, cells.pairs([("a", "b " * 90)]), Text("c" * 90), "d"):
        assert fitted(item, 20) == [item]
    assert fitted(Group("a", "b"), 20) == ["a", "b"]
