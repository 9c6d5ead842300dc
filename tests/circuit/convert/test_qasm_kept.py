"""A text that was read before is not parsed again, and its tree is as it was parsed."""

from __future__ import annotations

import openqasm3
import pytest

from qng.circuit.circuit import Circuit
from qng.circuit.convert.qasm.parse import parse
from qng.errors import QasmError
from qng.problem.library import library, library_path

WRITTEN = """OPENQASM 3.0;
include "stdgates.inc";
input array[float, 2] w;
input float a;
const int n = 3;
qubit[n] q;
def turned(qubit[2] r, float x) { rx(x) r[0]; cx r[0], r[1]; }
gate both(t) u, v { ry(t) u; ctrl @ ry(2 * t) u, v; }
for int k in [0:n - 2] { turned(q[{k, k + 1}], w[k] / (k + 1)); }
if (n > 2) { both(a) q[0], q[2]; } else { x q[0]; }
let some = q[1:2];
inv @ pow(2) @ s some[0];
"""
TEXTS = {
    name: (library_path() / name / "circuit.qasm").read_text(encoding="utf-8") for name in library()
} | {"written": WRITTEN}


@pytest.mark.parametrize("name", TEXTS)
def test_it_is_parsed_once_and_read_to_the_same_circuit(name, monkeypatch):
    first = Circuit.from_qasm(TEXTS[name])
    before = repr(parse(TEXTS[name]).tree)

    def again(text):
        raise AssertionError(f"parsed again: {text}")

    monkeypatch.setattr(openqasm3, "parse", again)
    assert Circuit.from_qasm(TEXTS[name]) == first
    assert repr(parse(TEXTS[name]).tree) == before


def test_a_text_that_is_wrong_is_told_each_time():
    for _ in range(2):
        with pytest.raises(QasmError, match="line 2") as caught:
            Circuit.from_qasm("OPENQASM 3.0;\nqubit[2 q;\n")
        assert caught.value.__cause__ is not None
