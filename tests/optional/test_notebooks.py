"""The notebooks of `examples/` run from top to bottom, with warnings as errors, and show something.

Kernel and client are the extra `notebook`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat", reason="the extra `notebook` is missing")
nbclient = pytest.importorskip("nbclient", reason="the extra `notebook` is missing")
pytest.importorskip("ipykernel", reason="the extra `notebook` is missing")

NOTEBOOKS = sorted((Path(__file__).parents[2] / "examples").glob("*.ipynb"))

# Set once the kernel runs: what it imports for itself warns as it likes.
STRICT = "import warnings\nwarnings.simplefilter('error')"

LEAST = {
    "16_first_vqe": {"image/png": 1, "text/html": 6},
    "17_metric_from_shots": {"image/png": 1, "text/html": 5},
    "18_comparison_with_noise": {"image/png": 1, "text/html": 5},
}
"""How many cells show a picture, and how many a table or a drawing."""


def executed(notebook: Any, folder: Path) -> Any:
    """A notebook with its outputs."""
    notebook.cells.insert(0, nbformat.v4.new_code_cell(STRICT))
    client = nbclient.NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    return client.execute(env={**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1"})


def test_there_are_three() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(LEAST)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    assert path.stat().st_size < 20_000


@pytest.mark.filterwarnings("ignore:Kernel is running over TCP")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path) -> None:
    done = executed(nbformat.read(path, 4), tmp_path)
    outputs = [out for cell in done.cells if cell.cell_type == "code" for out in cell.outputs]
    assert not [out for out in outputs if out.get("name") == "stderr"]
    for kind, least in LEAST[path.stem].items():
        assert sum(kind in out.get("data", {}) for out in outputs) >= least
    bars = [out for out in outputs if "<progress" in out.get("data", {}).get("text/html", "")]
    assert bars
    assert all('value="0"' not in out["data"]["text/html"] for out in bars)
