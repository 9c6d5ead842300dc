"""Streams of many points: those of NumPy, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qng.execute.statevector.shots.streams import Streams
from qng.seeds import generator

NAMES = st.integers(0, 2**32 - 1)


@given(st.integers(0, 2**130), st.lists(st.tuples(NAMES, NAMES), max_size=3))
def test_each_is_the_generator_of_its_key(seed, names):
    streams = Streams.of(seed, np.array(names, dtype=np.int64).reshape(-1, 2))
    for k, name in enumerate(names):
        expected = generator((seed, *name))
        assert streams[k].bit_generator.state == expected.bit_generator.state


@pytest.mark.parametrize("names", [[[2**32, 1]], [[5, 2**40], [1, 1]]])
def test_names_of_more_than_a_word(names):
    streams = Streams.of(3, np.array(names))
    for k, name in enumerate(names):
        assert streams[k].random() == generator((3, *name)).random()


def test_names_of_any_number():
    for count in (1, 3, 7):
        names = np.arange(2 * count).reshape(2, count)
        streams = Streams.of(0, names)
        for k, name in enumerate(names.tolist()):
            assert streams[k].integers(2**60) == generator((0, *name)).integers(2**60)
