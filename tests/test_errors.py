"""Errors carry one line, and come back from other processes as they were."""

import pickle

import pytest

from qng.errors import MissingPackageError, QasmError, UnknownNameError


@pytest.mark.parametrize(
    "error",
    [
        QasmError("a gate is missing", 3, 7),
        UnknownNameError("method", "qgn", ["qng", "gd"]),
        MissingPackageError("a cluster", "distributed", "dask"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_pickled_errors_are_the_same(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_what_to_install_is_ours():
    # `pip install "qng[ibm]"` would install another project.
    error = MissingPackageError("fake_fez", "qiskit-ibm-runtime", "ibm")
    assert 'pip install "quantum-natural-gradient[ibm]"' in str(error)
    assert 'pip install -e ".[ibm]"' in str(error)
