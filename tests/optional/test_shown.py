"""What values show in a notebook, in a real browser: drawn, as large as said, and nothing runs."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import qng
from qng.circuit.angle import parameter
from qng.circuit.ansatz import real_amplitudes
from qng.circuit.circuit import Circuit
from qng.circuit.gate import Rotation
from qng.circuit.pauli import Pauli

playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is missing")

CHROMIUM = shutil.which("chromium") or ""
if not CHROMIUM:
    pytest.skip("there is no chromium here: apt install chromium", allow_module_level=True)

EVIL = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def values() -> dict[str, Any]:
    rotation = Rotation(Pauli.parse("X0"), parameter(EVIL))
    circuit = Circuit(1, [rotation], [EVIL])
    names = {"name": EVIL, "title": EVIL, "source": EVIL, "unit": EVIL}
    problem = qng.Problem(circuit, {"Z0": 1.0}, start=[0.5], **names)
    comparison = qng.compare(problem, {EVIL: "gd"}, starts=2, steps=2, workers=1)
    return {
        "circuit": circuit,
        "problem": problem,
        "comparison": comparison,
        "run": comparison[EVIL][0],
        "small": qng.metric("qng-demo", None, "blocks", shots=1000),
        "large": qng.metric(real_amplitudes(4, 4), np.linspace(0.1, 2.0, 20)),
        "energy": qng.energy("qng-demo", np.zeros((3, 4))),
        "gradient": qng.gradient("qng-demo"),
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_shown_is_drawn_and_runs_nothing(
    scheme: Any, browser: Any, values: dict[str, Any]
) -> None:
    page = browser.new_page(color_scheme=scheme, viewport={"width": 1000, "height": 800})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    page.on("request", lambda request: said.append(request.url))
    cells = "".join(value._repr_html_() for value in values.values())
    page.set_content(f"<!DOCTYPE html><meta charset=utf-8><body>{cells}", wait_until="load")
    said = [line for line in said if not line.startswith(("data:", "about:"))]
    assert said == []
    sizes = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.width])")
    assert len(sizes) == 3
    assert all(natural > 0 and width > 300 for natural, width in sizes)
    drawn = page.evaluate("[...document.querySelectorAll('svg')].map(s => s.clientWidth)")
    assert len(drawn) == 2
    assert min(drawn) > 50
    assert page.evaluate("document.documentElement.scrollWidth") <= 1000
    page.close()


def test_words_stand_left_where_the_page_wants_tables_right(browser: Any) -> None:
    """JupyterLab's rule, which is more special than one of a single class."""
    page = browser.new_page()
    rule = ":not(.jp-RenderedMarkdown).jp-RenderedHTMLCommon :is(td, th) { text-align: right }"
    shown = qng.load("h2")._repr_html_() + qng.load("h2").observable._repr_html_()
    page.set_content(
        f"<!DOCTYPE html><meta charset=utf-8><style>{rule}</style>"
        f"<div class=jp-RenderedHTMLCommon>{shown}</div>"
    )
    aligned = page.evaluate(
        "[...document.querySelectorAll('td, tbody th')].map(c => "
        "[c.classList.contains('number'), getComputedStyle(c).textAlign])"
    )
    assert {tuple(pair) for pair in aligned} == {(True, "right"), (False, "left")}
    page.close()
