"""The guide as a site: built with its warnings as errors, opened in a browser; slow pages run."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import guide

PAGES = [page for page in guide.pages() if page.needs or page.slow]
CHROMIUM = shutil.which("chromium") or ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page(page: guide.Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Slow ones, which need nothing, are run where the site is built, too.
    for module in page.needs or ("mkdocs",):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    with warnings.catch_warnings():
        guide.run(page)  # which may change what is warned of


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, as the command in `mkdocs.yml` makes it."""
    for module in ("mkdocs", "material", "mkdocstrings_handlers.python"):
        if importlib.util.find_spec(module.split(".")[0]) is None:
            pytest.skip("the extra `docs` is missing")
    made = tmp_path_factory.mktemp("guide") / "site"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mkdocs", "build", "--strict"),
            *("-f", "examples/guide/mkdocs.yml", "-d", str(made)),
        ],
        cwd=guide.ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return made


def test_every_page_and_no_more_is_made(site: Path) -> None:
    found = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    assert {page.name for page in guide.pages()} < found
    assert {"reference/methods", "reference/estimators", "reference/command-line"} < found


def test_names_of_the_tables_have_an_entry(site: Path) -> None:
    from qng.cli import COMMANDS
    from qng.estimate.table import GRADIENTS, METRICS
    from qng.optimize.methods import CONTROLS, METHODS

    for page, names in {
        "methods": [*METHODS, *CONTROLS],
        "estimators": [
            *(f"metric-{n.replace('+', '-and-')}" for n in METRICS if n != "hessian"),
            *("hessian-hessian", "curvature-curvature"),
            *(f"gradient-{name}" for name in GRADIENTS),
        ],
        "command-line": COMMANDS,
    }.items():
        text = (site / "reference" / f"{page}.html").read_text(encoding="utf-8")
        assert set(names) <= set(re.findall(r'<h[23] id="([^"]+)"', text))


def test_docstrings_lose_no_words(site: Path) -> None:
    # `<psi|d_r psi>` is no tag, and the stars of a formula are no emphasis.
    text = (site / "reference" / "estimators.html").read_text(encoding="utf-8")
    assert "&lt;psi" in text or "&lt;d_" in text or "&lt;P" in text
    assert "<psi" not in text
    assert "Example:" not in text


def test_nothing_is_asked_of_the_network(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        loaded = re.findall(r'<(?:script|img|iframe)[^>]* src="([^"]+)"', text)
        loaded += re.findall(
            r'<link[^>]* rel="(?:stylesheet|preconnect)"[^>]* href="([^"]+)"', text
        )
        assert not [link for link in loaded if link.startswith(("http:", "https:", "//"))], path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="the extra `browser` is missing")
    if not CHROMIUM:
        pytest.skip("there is no chromium here: apt install chromium")
    with playwright.sync_playwright() as driver:
        # No sandbox of its own: in a container there is none.
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


def test_every_page_opens_in_silence(site: Path, browser: Any) -> None:
    window, said, asked = browser.new_page(), [], []
    window.on("console", lambda message: said.append(message.text))
    window.on("pageerror", lambda error: said.append(str(error)))
    window.on("request", lambda request: asked.append(request.url))
    for path in sorted(site.rglob("*.html")):
        if path.name == "404.html":
            continue  # a server shows it, with addresses from its root
        window.goto(path.as_uri())
        window.wait_for_function("() => document.images.length == 0 || "
                                 "[...document.images].every(image => image.complete)")  # fmt: skip
        broken = window.evaluate("() => [...document.images].filter(image => !image.naturalWidth)"
                                 ".map(image => image.src)")  # fmt: skip
        assert (said, broken) == ([], []), path
        assert "\\(" not in window.inner_text("article"), path
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "blob"}
    window.close()


def test_the_search_finds_without_a_server(site: Path, browser: Any) -> None:
    window = browser.new_page(viewport={"width": 1300, "height": 900})
    window.goto((site / "index.html").as_uri())
    window.click("input.md-search__input")
    window.keyboard.type("rehearsal")
    window.wait_for_selector("a.md-search-result__link")
    links = window.locator("a.md-search-result__link")
    assert any("first-rehearsal" in link.get_attribute("href") for link in links.all())
    links.first.click()
    window.wait_for_function("() => document.querySelector('h1').textContent.includes('earsal')")
    window.close()


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ("--against", "command-line.html"),
        ("qng repeat", "command-line.html"),
        ("adam", "methods.html"),
        ("hadamard", "estimators.html"),
        ("noise model", "noisy-device.html"),
        ("continue a run", "results.html"),
        ("load_run", "reference/qng.html"),
        ("to_latex", "reference/results.html"),
    ],
)
def test_the_search_finds_what_is_meant(site: Path, browser: Any, asked: str, where: str) -> None:
    window = browser.new_page(viewport={"width": 1300, "height": 900})
    window.goto((site / "index.html").as_uri())
    window.click("input.md-search__input")
    window.keyboard.type(asked)
    window.wait_for_function(
        "where => [...document.querySelectorAll('a.md-search-result__link')].slice(0, 10)"
        ".some(link => link.href.includes(where))",
        arg=where,
        timeout=10_000,
    )
    window.close()


def test_a_narrow_window_and_a_dark_one(site: Path, browser: Any) -> None:
    window = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
    for name in ("index", "explanation/one-equation", "reference/methods"):
        window.goto((site / f"{name}.html").as_uri())
        assert window.evaluate("() => document.documentElement.scrollWidth") <= 390, name
        ground = window.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert max(map(int, re.findall(r"\d+", ground)[:3])) < 80
    window.close()
