"""Pictures of the geometry of an ansatz: what is drawn, and that it is drawn again."""

import numpy as np
import pytest

from qng import ansatz
from qng.circuit.ansatz import hardware_efficient
from qng.report.plots import ansatz as pictures
from qng.run.codec import dumps, loads

CIRCUIT = hardware_efficient(1, 0)


@pytest.fixture(scope="module")
def geometry():
    return ansatz.geometry("one-qubit", samples=2, pairs=750, points=3)


def test_what_is_rounding_stands_at_the_bottom():
    found = ansatz.spectra(hardware_efficient(1, 1), samples=2)
    (panel,) = pictures.spectra(found).panels
    assert panel.lines[0].y[2] == panel.y_range[0] == pytest.approx(1e-13 * found.values.max())
    assert "rank 2 of 4" in panel.note


def test_a_map_says_its_chern_number_or_why_there_is_none():
    sphere = ansatz.curvature_map(CIRCUIT, a=(0, np.pi), points=8)
    assert "Chern number 1" in pictures.curvature_map(sphere).panels[0].note
    part = ansatz.curvature_map(CIRCUIT, a=(0, 1), points=4)
    assert pictures.curvature_map(part).panels[0].note.startswith("flux")


def test_every_picture_is_drawn_again_from_its_numbers(geometry):
    path = ansatz.connect(CIRCUIT, [0.3, 0.1], [0.9, 0.4])
    drawn = [
        pictures.geometry(geometry, "one qubit"),
        pictures.ranks({"cx": ansatz.by_depth("random-cx", [1, 2], n_qubits=2, samples=1)}),
        pictures.effective(geometry.effective),
        pictures.expressibility(geometry.expressibility),
        pictures.curvature_map(ansatz.curvature_map(CIRCUIT, points=4)),
        pictures.kernel(ansatz.tangent_kernel("one-qubit")),
        pictures.path(path, CIRCUIT.parameters),
        pictures.length(ansatz.path_length(CIRCUIT, path.points)),
    ]
    for picture in drawn:
        again = loads(dumps(picture))
        assert dumps(again) == dumps(picture)
    assert drawn[4].draw().axes
    assert len(drawn[0].panels) == 4
