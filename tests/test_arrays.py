"""Reductions of short arrays are those of NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qng.arrays import all_finite, distinct, equal, norm, same

anything = st.floats(allow_nan=True, allow_infinity=True)
shapes = arrays.array_shapes(min_dims=0, max_dims=2, min_side=0, max_side=3)


@given(arrays.arrays(float, st.integers(0, 20), elements=st.floats(-1e100, 1e100)))
def test_norms(v):
    assert norm(v) == np.linalg.norm(v)


@given(arrays.arrays(float, shapes, elements=anything))
def test_finite_numbers(array):
    assert all_finite(array) == np.isfinite(array).all()


few = st.sampled_from([0.0, -0.0, 1.0, np.nan])


@given(arrays.arrays(float, shapes, elements=few), arrays.arrays(float, shapes, elements=few))
def test_equality(a, b):
    assert equal(a, b) == np.array_equal(a, b)
    assert equal(a, a.copy()) == np.array_equal(a, a)


some = arrays.arrays(float, shapes, elements=anything)


@given(some, some)
def test_the_same_numbers(a, b):
    assert same(a, b) == np.array_equal(a, b, equal_nan=True)
    assert same({"v": (a, 1)}, {"v": (a.copy(), 1)})
    assert not same([a], (a,))


@pytest.mark.parametrize("columns", [0, 1, 4])
def test_distinct_rows_are_those_of_numpy_in_their_first_order(columns):
    """Whatever the sign of a zero."""
    array = np.random.default_rng(columns).choice([-0.0, 0.0, 1.5], size=(40, columns))
    found, which = distinct(array)
    assert np.array_equal(found[which], array)
    assert np.all(np.diff(np.unique(which, return_index=True)[1]) > 0)
    assert len(found) == len(np.unique(array, axis=0)) if columns else len(found) == 1
