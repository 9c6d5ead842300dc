"""Inner products of rows against plain matrix products, and the memory that rows are kept in."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qng.circuit.ansatz import hardware_efficient
from qng.execute.statevector.executor import Statevector
from qng.execute.statevector.tangents import products, rows
from qng.execute.statevector.tangents.derivatives import Derivatives
from qng.execute.statevector.tangents.tangents import held, of_a_row
from qng.plan.request import Request, State


def some(n_rows, length, kind=float, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, length)).astype(kind)


@settings(max_examples=60)
@given(
    st.integers(1, 40),
    st.integers(1, 20),
    st.integers(1, 3000),
    st.integers(0, 20),
    st.sampled_from([(float, 1e-13), (np.float32, 1e-5)]),
)
def test_of_any_shape(n_rows, n_others, size, more, precision):
    """Rows that are longer than what counts, in double precision and in single."""
    kind, bound = precision
    a, b = some(n_rows, size + more, kind), some(n_others, size + more, kind, seed=1)
    whole = a[:, :size].astype(float)
    gram = products.gram(a, size)
    assert gram.dtype == float
    np.testing.assert_array_equal(gram, gram.T)
    np.testing.assert_allclose(gram, whole @ whole.T, rtol=0, atol=bound * size)
    crossed = products.between(a, b, size)
    other = b[:, :size].astype(float)
    np.testing.assert_allclose(crossed, whole @ other.T, rtol=0, atol=bound * size)


@pytest.mark.parametrize(("n_rows", "tile"), [(30, 256), (30, 7)])
def test_threads_leave_no_trace(n_rows, tile, monkeypatch):
    """Parts of rows, and tiles of many rows."""
    monkeypatch.setattr(products, "_TILE", tile)
    monkeypatch.setattr(products, "_WORTH_A_THREAD", 1)
    a = some(n_rows, 9000)
    assert products.parts(n_rows, 9000) == 8
    alone = products.gram(a, 9000)
    np.testing.assert_allclose(alone, a @ a.T, rtol=0, atol=1e-9)
    for threads in (2, 3):
        np.testing.assert_array_equal(products.gram(a, 9000, threads), alone)
        found = products.between(a[:11], a, 9000, threads)
        np.testing.assert_array_equal(found, products.between(a[:11], a, 9000))
        np.testing.assert_allclose(found, alone[:11], rtol=0, atol=1e-9)


def test_parts_take_a_part_of_the_memory_of_rows():
    for n_rows in (1, 10, 300, 5000):
        for size in (1, 2048, 2**17):
            n_parts = products.parts(n_rows, size)
            assert 1 <= n_parts <= 16
            assert n_parts == 1 or n_parts * n_rows**2 <= n_rows * size / 8


@pytest.fixture
def nothing_kept(monkeypatch):
    monkeypatch.setattr(rows, "_KEPT", [])


def bytes_kept():
    return sum(len(memory) for memory in rows._KEPT)


@pytest.mark.usefixtures("nothing_kept")
def test_what_is_kept():
    """The largest; a second one beside it is its own, and what is too large is freed."""
    with rows.lent(4, 1000, float, 4) as first:
        assert first.shape == (4, rows.stride(1000, float))
        assert first.ctypes.data % 64 == 0
        with rows.lent(2, 1000, float, 4) as second:
            assert not np.shares_memory(first, second)
    large = bytes_kept()
    with rows.lent(3, 1000, np.float32, 8) as again:
        assert np.shares_memory(first, again)
        assert not rows._KEPT
    assert bytes_kept() == large
    with rows.lent(2, 1000, float, 3) as small:
        assert not np.shares_memory(first, small)
    assert bytes_kept() == small.nbytes + 64
    rows.spare(1000, 1000 + bytes_kept())
    assert rows._KEPT
    rows.spare(1001, 1000 + bytes_kept())
    assert not rows._KEPT


@pytest.mark.usefixtures("nothing_kept")
def test_what_is_kept_counts_as_memory():
    """Two circuits in turn, and a state that needs the memory."""
    many, few = hardware_efficient(11, 3), hardware_efficient(12, 1)
    size = 16 * 2**12
    at = {}
    for circuit in (many, few):
        theta = np.linspace(-2, 2, circuit.n_parameters)
        at[circuit] = circuit, circuit.angles(theta), circuit.slopes(theta)
        Derivatives(*at[circuit]).gram()  # tables of the circuit are kept beside
    rows._KEPT.clear()
    limits = {
        circuit: held(circuit, at[circuit][2])
        + (circuit.n_parameters + 1) * of_a_row(circuit.n_qubits, circuit.n_parameters, float)
        for circuit in at
    }
    memory = max(limits.values())
    tracemalloc.start()
    for circuit in (many, few, many, few):
        Derivatives(*at[circuit], memory=memory).gram()
        assert bytes_kept() > 0
    _, peak = tracemalloc.get_traced_memory()
    Statevector(memory=6 * size).run([Request(few, at[few][1][None], State())], 0)
    tracemalloc.stop()
    assert 0.5 * memory < peak < memory
    assert bytes_kept() + 4 * size <= 6 * size
