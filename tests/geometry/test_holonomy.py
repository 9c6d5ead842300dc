"""Berry curvature on lattices of states, and Chern numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.errors import InputError
from qng.geometry.holonomy import fluxes, loop_phase


def lattice(state, a, b, points):
    return np.array(
        [[state(x, y) for y in np.linspace(*b, points + 1)] for x in np.linspace(*a, points + 1)]
    )


def spin(j, m):
    """The state of spin j with m along (theta, phi), in the basis m = j, j - 1, ..."""
    ms = np.arange(j, -j - 1, -1)
    lower = np.diag(np.sqrt(j * (j + 1) - ms[:-1] * (ms[:-1] - 1)), -1)
    y = (lower - lower.T) / 2j * -1

    def state(theta, phi):
        w, v = np.linalg.eigh(y)
        turned = v @ np.diag(np.exp(-1j * theta * w)) @ v.conj().T
        return np.exp(-1j * phi * ms) * turned[:, list(ms).index(m)]

    return state


SPHERE = (0, np.pi), (0, 2 * np.pi)


@pytest.mark.parametrize(("j", "m"), [(0.5, 0.5), (0.5, -0.5), (1, 1), (1, 0), (1.5, -1.5)])
def test_a_spin_in_a_field_has_twice_its_m(j, m):
    found = fluxes(lattice(spin(j, m), *SPHERE, 12))
    assert found.closed
    assert found.chern == 2 * m
    assert found.total == pytest.approx(4 * np.pi * m, abs=1e-9)


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_phases_and_norms_do_not_matter(seed):
    states = lattice(spin(1, -1), *SPHERE, 8)
    rng = np.random.default_rng(seed)
    factors = rng.uniform(0.5, 2, (9, 9, 1)) * np.exp(2j * np.pi * rng.random((9, 9, 1)))
    np.testing.assert_allclose(fluxes(states * factors).flux, fluxes(states).flux, atol=1e-12)


def test_the_flux_is_the_curvature_of_this_package():
    """F_ab = 2 Im <d_a psi|d_b psi> = sin(theta) / 2 of the upper state."""
    found = fluxes(lattice(spin(0.5, 0.5), (0.3, 0.4), (0.0, 0.1), 2))
    centres = np.array([0.325, 0.375])
    np.testing.assert_allclose(
        found.flux / 0.05**2, np.sin(centres)[:, None] / 2 * np.ones((1, 2)), rtol=1e-3
    )


def test_a_loop_has_the_flux_through_it():
    theta = 0.7
    ring = np.array([spin(1, 1)(theta, phi) for phi in np.linspace(0, 2 * np.pi, 400)[:-1]])
    assert loop_phase(ring) == pytest.approx(2 * np.pi * (1 - np.cos(theta)), abs=1e-3)
    assert loop_phase(ring[::-1]) == pytest.approx(-loop_phase(ring))
    plaquette = lattice(spin(0.5, 0.5), (0.3, 0.4), (0.0, 0.1), 1)
    around = [plaquette[0, 0], plaquette[1, 0], plaquette[1, 1], plaquette[0, 1]]
    assert loop_phase(around) == pytest.approx(fluxes(plaquette).flux[0, 0])
    with pytest.raises(InputError, match="orthogonal"):
        loop_phase([[1, 0], [0, 1]])


def bands(a, b, m):
    """Two bands of Qi, Wu and Zhang; the lower one first."""
    z = m + np.cos(a) + np.cos(b)
    h = np.array([[z, np.sin(a) - 1j * np.sin(b)], [np.sin(a) + 1j * np.sin(b), -z]])
    return np.linalg.eigh(h)[1].T


@pytest.mark.parametrize("m", [-3.0, -1.0, 1.0, 3.0])
def test_bands_have_the_winding_of_their_field(m):
    torus = (0, 2 * np.pi), (0, 2 * np.pi)
    lower = fluxes(lattice(lambda a, b: bands(a, b, m)[0], *torus, 16))
    upper = fluxes(lattice(lambda a, b: bands(a, b, m)[1], *torus, 16))
    a, b = np.meshgrid(*[np.linspace(0, 2 * np.pi, 200, endpoint=False)] * 2, indexing="ij")
    d = np.stack([np.sin(a), np.sin(b), m + np.cos(a) + np.cos(b)])
    d_a = np.stack([np.cos(a), 0 * a, -np.sin(a)])
    d_b = np.stack([0 * a, np.cos(b), -np.sin(b)])
    density = np.einsum("iab,iab->ab", d, np.cross(d_a, d_b, axis=0)) / np.sum(d**2, axis=0) ** 1.5
    winding = density.mean() * np.pi
    assert upper.chern == -lower.chern == round(winding)
    assert winding == pytest.approx(round(winding), abs=1e-3)


def test_bands_together_have_the_sum():
    def two(theta, phi):
        return [spin(1, 1)(theta, phi), spin(1, 0)(theta, phi) + 2 * spin(1, 1)(theta, phi)]

    assert fluxes(lattice(two, *SPHERE, 12)).chern == 2


def test_an_open_surface_has_a_flux_and_no_number():
    found = fluxes(lattice(spin(0.5, 0.5), (0, np.pi / 2), (0, 2 * np.pi), 16))
    assert found.total == pytest.approx(np.pi, rel=0.01)
    with pytest.raises(InputError, match="not closed"):
        _ = found.chern


def test_a_coarse_lattice_gives_no_number():
    with pytest.raises(InputError, match="too coarse"):
        _ = fluxes(lattice(spin(1.5, 1.5), *SPHERE, 3)).chern


@pytest.mark.parametrize(
    "states",
    [np.ones((2, 2)), np.zeros((3, 3, 2)), np.ones((1, 3, 2)), np.ones((2, 2, 2, 2))],
)
def test_what_is_no_surface_is_refused(states):
    with pytest.raises(InputError):
        fluxes(states)
