"""A report in a real browser: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qng
from qng.report.html import of_comparison, of_run, page

playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is missing")
pytest.importorskip("plotly")

CHROMIUM = shutil.which("chromium") or ""
if not CHROMIUM:
    pytest.skip("there is no chromium here: apt install chromium", allow_module_level=True)

EVIL = "<script>alert(1)</script>"

# How many figures are drawn, and whether each has a curve, a dot or a map in it.
DRAWN = """() => [...document.querySelectorAll('[data-plot]')].map(
    div => div.querySelectorAll('.scatterlayer .trace, .heatmaplayer image').length)"""

# Whether all figures are drawn: those that are not seen yet are after the others.
READY = """() => [...document.querySelectorAll('[data-plot]')].every(
    div => div.querySelector('.main-svg'))"""

# The names that can be seen in the legend of a figure, and how many of its curves are.
CURVES = """number => {
    const div = document.querySelector(`[data-plot="${number}"]`);
    return [...div.querySelectorAll('.scatterlayer .trace')].length;
}"""


class Told:
    """What a page does that it should not."""

    def __init__(self, shown: Any) -> None:
        self.requests: list[str] = []
        self.said: list[str] = []
        shown.on("request", lambda request: self.requests.append(request.url))
        shown.on("console", lambda message: self.said.append(message.text))
        shown.on("pageerror", lambda error: self.said.append(str(error)))
        shown.on("dialog", lambda dialog: (self.said.append("dialog"), dialog.dismiss()))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every kind of figure, whose names are scripts."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    problem = replace(qng.load("textbook-2"), name=EVIL, title=EVIL)
    compared = qng.compare(problem, {"gd": "gd", EVIL: "qng"}, starts=3, steps=10)
    sampled = qng.minimize(problem, "gd", steps=4, shots=500)
    path.write_text(page([of_comparison(compared), of_run(sampled)], EVIL), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        # No sandbox of its own: in a container there is none.
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def shown(browser: Any, file: Path) -> Iterator[tuple[Any, Told]]:
    window = browser.new_page(viewport={"width": 1100, "height": 900})
    told = Told(window)
    window.goto(file.as_uri())
    window.wait_for_function(READY)
    yield window, told
    window.close()


def test_every_figure_is_drawn_and_nothing_is_asked_for(
    shown: tuple[Any, Told], file: Path
) -> None:
    window, told = shown
    drawn = window.evaluate(DRAWN)
    assert len(drawn) == 6
    assert all(drawn)
    assert told.requests == [file.as_uri()]
    assert told.said == []


def test_no_button_sends_anything_anywhere(shown: tuple[Any, Told]) -> None:
    window, _ = shown
    buttons = window.locator("[data-plot='0'] .modebar-btn")
    titles = [button.get_attribute("data-title") for button in buttons.all()]
    assert "Download plot as a PNG" in titles
    assert not [title for title in titles if "share" in title.lower() or "cloud" in title.lower()]


def test_names_are_seen_as_they_are(shown: tuple[Any, Told]) -> None:
    window, told = shown
    assert window.inner_text("h1") == EVIL
    legend = window.locator("[data-plot='0'] .legendtext").all_text_contents()
    assert legend == ["gd", EVIL]
    assert told.said == []


def test_hovering_shows_values(shown: tuple[Any, Told]) -> None:
    window, _ = shown
    curve = window.locator("[data-plot='0'] .scatterlayer .trace .js-line").last
    curve.scroll_into_view_if_needed()
    box = window.locator("[data-plot='0'] .nsewdrag").bounding_box()
    window.mouse.move(box["x"] + 5, box["y"] + 5)
    places = [(x / 20, y / 20) for x in range(1, 20) for y in range(1, 20)]
    for x, y in places:
        window.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        window.wait_for_timeout(20)
        words = " ".join(window.locator("[data-plot='0'] .hovertext").all_text_contents())
        if words:
            break
    name, _, numbers = words.rpartition(", ")
    x, y = map(float, numbers.split(": "))
    data = "() => JSON.parse(document.getElementById('plots').textContent)[0][0].data"
    lines = {trace["name"]: trace for trace in window.evaluate(data) if "name" in trace}
    line = lines[name.replace("<", "&lt;").replace(">", "&gt;")]
    assert y == pytest.approx(line["y"][line["x"].index(x)], rel=1e-3)


def test_clicking_the_legend_hides_a_curve_with_its_band(shown: tuple[Any, Told]) -> None:
    window, _ = shown
    before = window.evaluate(CURVES, 0)
    window.locator("[data-plot='0'] .legendtoggle").first.click()
    window.wait_for_function(f"() => ({CURVES})(0) < {before}")
    assert window.evaluate(CURVES, 0) == before // 2
    window.wait_for_timeout(400)  # two clicks at once are a double click
    window.locator("[data-plot='0'] .legendtoggle").first.click()
    window.wait_for_function(f"() => ({CURVES})(0) == {before}")


def test_another_axis_and_another_quantity_are_drawn(shown: tuple[Any, Told]) -> None:
    window, told = shown
    title = "[data-plot='0'] .xtitle"
    assert window.text_content(title) == "circuits on a device"
    window.select_option("select[data-of='0']", index=1)
    window.wait_for_function("() => document.querySelector(\"[data-plot='0'] .xtitle\")"
                             ".textContent == 'steps'")  # fmt: skip
    window.select_option("select[data-of='2']", label="gradient norm")
    window.wait_for_function("() => document.querySelector(\"[data-plot='2'] .ytitle\")"
                             ".textContent == 'gradient norm'")  # fmt: skip
    assert told.said == []


def test_it_follows_a_dark_desktop_and_prints_on_white(shown: tuple[Any, Told]) -> None:
    window, told = shown
    ground = "() => getComputedStyle(document.body).backgroundColor"
    ink = "() => document.querySelector(\"[data-plot='0'] .xtitle\").style.fill"
    assert window.evaluate(ground) == "rgb(255, 255, 255)"
    light = window.evaluate(ink)
    window.emulate_media(color_scheme="dark")
    window.wait_for_function(f"() => ({ink})() != '{light}'")
    assert window.evaluate(ground) == "rgb(22, 24, 27)"
    window.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    window.wait_for_function(f"() => ({ink})() == '{light}'")
    window.emulate_media(color_scheme="dark", media="print")
    assert window.evaluate(ground) == "rgb(255, 255, 255)"
    assert told.said == []


def test_a_narrow_window_needs_no_scrolling_to_the_side(browser: Any, file: Path) -> None:
    window = browser.new_page(viewport={"width": 390, "height": 800})
    window.goto(file.as_uri())
    window.wait_for_function(READY)
    assert window.evaluate("() => document.documentElement.scrollWidth") <= 390
    window.close()
