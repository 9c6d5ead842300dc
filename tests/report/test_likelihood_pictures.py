"""Pictures of statistical models hold the numbers that they show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qng.errors import InputError
from qng.models import Exponential, MultivariateNormal, Normal, Poisson, kl_expansion
from qng.report import plots
from qng.report.plots.likelihoods import densities, expansion, fisher_steps, log_likelihood


def test_three_gaussians(tmp_path: Path) -> None:
    picture = densities(Normal("sigma"), [[0.5], [1.0], [2.0]])
    tops = [max(line.y) for line in picture.panels[0].lines]
    np.testing.assert_allclose(tops, 1 / np.sqrt(2 * np.pi) / np.array([0.5, 1, 2]), rtol=1e-2)
    plots.save(picture, tmp_path / "three.svg")
    again = plots.load(tmp_path / "three.json")
    assert again.panels[0].names == ("sigma = 0.5", "sigma = 1", "sigma = 2")


def test_log_likelihood_has_the_curvature_of_fisher() -> None:
    line, parabola = log_likelihood(Normal("mean", sigma=2.0), [0.5], [3.0]).panels[0].lines
    np.testing.assert_allclose(line.y, parabola.y, atol=1e-12)


def test_the_last_step_has_the_information_as_its_area() -> None:
    last = fisher_steps(Normal("mean", sigma=0.7), [0.0]).panels[-1].lines[0]
    assert np.trapezoid(last.y, last.x) == pytest.approx(1 / 0.49, rel=0.01)
    counts = fisher_steps(Poisson(), [4.0]).panels[-1].lines[0]
    assert counts.y.sum() == pytest.approx(1 / 4, rel=0.01)
    with pytest.raises(InputError, match="single numbers"):
        fisher_steps(MultivariateNormal(2, "mean"), [0.0, 0.0])


def test_expansion_is_drawn() -> None:
    left = expansion(kl_expansion(Exponential(), [2.0], [1.0])).panels[0].lines[-1]
    assert left.name == "what is left, order 3.00"
