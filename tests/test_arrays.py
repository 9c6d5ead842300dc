"""Reductions of short arrays are those of NumPy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qng.arrays import all_finite, equal, norm, same

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
