"""SR and minSR of arrays, and as methods."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qng
from qng.errors import InputError
from qng.geometry import LinearDamping, LowRank, Tikhonov
from qng.models import RBM, Variational, minsr, sr, vmc
from qng.models.wave import reconfiguration


def arrays(seed, n, p, complex_o, complex_e, deficient):
    rng = np.random.default_rng(seed)
    o, e = rng.normal(size=(n, p)) + 3.0, rng.normal(size=n) - 5.0
    if complex_o:
        o = o + 1j * rng.normal(size=(n, p))
    if complex_e:
        e = e + 1j * rng.normal(size=n)
    if deficient:
        o[:, -1] = o[:, 0]
    return o, e, rng.random(n)


def textbook(o, e, damping, w, real):
    w = np.full(len(e), 1 / len(e)) if w is None else w / w.sum()
    o, e = o - w @ o, e - w @ e
    s, f = (o.conj().T * w) @ o, (o.conj().T * w) @ e
    if real:
        s, f = s.real, f.real
    if damping:
        return np.linalg.solve(s + damping * np.eye(len(s)), f)
    return np.linalg.pinv(s, rcond=1e-12, hermitian=True) @ f


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.sampled_from([(1, 3), (2, 2), (7, 7), (12, 5), (5, 12), (30, 1)]),
    complex_o=st.booleans(),
    complex_e=st.booleans(),
    deficient=st.booleans(),
    weighted=st.booleans(),
    real=st.sampled_from([None, True, False]),
    damping=st.sampled_from([0.0, 1e-3, 1.0]),
    at_once=st.sampled_from([3, 40, 2**21]),
)
def test_minsr_is_sr_is_the_definition(
    seed, shape, complex_o, complex_e, deficient, weighted, real, damping, at_once
):
    o, e, w = arrays(seed, *shape, complex_o, complex_e, deficient)
    w = w if weighted else None
    is_real = not complex_o if real is None else real
    expected = textbook(o.astype(complex), e, damping, w, is_real)
    kept, reconfiguration._AT_ONCE = reconfiguration._AT_ONCE, at_once
    try:
        found = [minsr(o, e, damping, w, real, space) for space in reconfiguration.SPACES]
        found.append(sr(o, e, damping, w, real))
    finally:
        reconfiguration._AT_ONCE = kept
    tolerance = 1e-10 if damping else 1e-6
    for d in found:
        assert np.iscomplexobj(d) == (not is_real)
        assert np.allclose(d, expected, rtol=tolerance, atol=tolerance)


def test_equal_to_1e10_at_size():
    """More parameters than samples, and the other way round, at the damping that is used."""
    for n, p in ((60, 200), (200, 60)):
        o, e, _ = arrays(1, n, p, True, True, False)
        small, large = (minsr(o, e, 1e-3, space=s) for s in ("samples", "parameters"))
        assert np.abs(small - large).max() < 1e-10 * np.abs(large).max()


def test_shapes_of_chains_and_refusals():
    o, e, _ = arrays(0, 12, 3, False, False, False)
    assert np.allclose(minsr(o.reshape(4, 3, 3), e.reshape(4, 3)), sr(o, e))
    with pytest.raises(InputError, match=r"shape \(N, P\) and local energies \(N,\)"):
        minsr(o, e[:3])
    with pytest.raises(InputError, match="log-derivatives must be finite"):
        minsr(np.where(o > 4, np.nan, o), e)
    with pytest.raises(InputError, match="local energies must be finite"):
        minsr(o, np.where(e > -5, np.inf, e))
    with pytest.raises(InputError, match="damping must be a number that is not negative"):
        minsr(o, e, -1.0)
    with pytest.raises(InputError, match="weights are 12 numbers"):
        minsr(o, e, weights=np.zeros(12))
    with pytest.raises(InputError, match="space is one of"):
        minsr(o, e, space="both")


def test_integers_and_lists_will_do():
    assert np.allclose(sr([[1, 0], [0, 1], [-1, -1]], [1, 0, -1], 0.0), [1, 0])


def test_array_function_is_the_method():
    """lr 0.05 on the gradient is 0.1 on the force."""
    problem = vmc(qng.hamiltonians.tfim(4), RBM(4))
    cloud = problem.loss.at(problem.initial)
    o = problem.loss.wave.log_derivatives(problem.initial, cloud.x)
    d = minsr(o, cloud.energies, 0.1, cloud.weights)
    for name in ("sr", "minsr"):
        run = qng.minimize(problem, name, steps=1)
        assert np.allclose(run.x, problem.initial - 0.1 * d, atol=1e-12)


def test_linear_damping():
    rng = np.random.default_rng(0)
    metric, s = LowRank(rng.normal(size=(3, 6))), rng.normal(size=6)
    solver, memory = LinearDamping(1.0, 0.2, over=4), {}
    for k, damping in enumerate((1.0, 0.8, 0.6, 0.4, 0.2, 0.2)):
        solution = solver(metric, s, qng.geometry.Before(memory=memory))
        assert np.isclose(solution.damping, damping), k
        assert np.allclose(solution.direction, Tikhonov(damping)(metric, s).direction)
        memory = solution.memory
    # What no row has seen stays as it is.
    shortest = LinearDamping(0.5, 0.5, shortest=True)(metric, s).direction
    x = metric.factor
    e = np.linalg.lstsq(x.T, s)[0]
    assert np.allclose(shortest, x.T @ np.linalg.solve(x @ x.T + 0.5 * np.eye(3), e))


def test_methods_on_a_circuit():
    """Its exact metric, and the same step either way, as it is not singular."""
    runs = [qng.minimize("one-qubit", name, steps=5, damping=0.01) for name in ("sr", "minsr")]
    assert np.allclose(runs[0].x, runs[1].x)
    assert runs[0].fun < runs[0].trace["energy"][0]


def test_sr_reaches_the_ground_state():
    """The recipe of P29 at 6 spins; own runs are below 1e-4 after 300 steps."""
    problem = vmc(qng.hamiltonians.tfim(6), RBM(6), seed=1)
    run = qng.minimize(problem, "sr", steps=100)
    assert run.error / 6 < 1e-3
    assert isinstance(problem.loss, Variational)


def test_runs_are_kept(tmp_path):
    problem = vmc(qng.hamiltonians.tfim(4), "jastrow", name="mine")
    run = qng.minimize(problem, "minsr", steps=3)
    run.save(tmp_path / "run.json")
    again = qng.load_run(tmp_path / "run.json")
    assert again.made.problem.loss == problem.loss
    assert np.array_equal(again.x, run.x)


@pytest.mark.parametrize("count", [3, 20, 200])
@pytest.mark.parametrize("real", [True, False])
@pytest.mark.parametrize("space", ["parameters", "samples"])
def test_equal_samples_give_no_step(count, real, space):
    """X is rounding alone, as where a chain is stuck: that is no direction."""
    rng = np.random.default_rng(0)
    o = np.tile(rng.normal(size=5) * (1 + 0.7j), (count, 1))
    for damping in (0.0, 1e-40):
        assert not np.any(minsr(o, rng.normal(size=count), damping, real=real, space=space))


def test_one_sample_with_weight_gives_no_step():
    o = np.random.default_rng(1).normal(size=(4, 3))
    assert not np.any(minsr(o, [1.0, 2.0, 3.0, 4.0], 0.0, weights=[0, 0, 1, 0]))
