"""A problem as text that is read without qng: OpenQASM 3, words of Paulis, names, and a digest.

The digest is the SHA-256 of what decides energies, as JSON with sorted keys and no spaces: the
circuits with their weights, the observable, the parameters and those that are frozen. Equal digests
are equal problems, whatever they are called.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from qng.circuit.circuit import Circuit
from qng.errors import QngError
from qng.problem.anyproblem import AnyProblem
from qng.problem.problem import Problem
from qng.run.codec import encoded


def described(problem: AnyProblem) -> dict[str, Any]:
    """A problem in the types of JSON.

    Returns:
        name, title, unit, digest, parameters, start (radians) and frozen; of circuits also
        `circuits`, each with its weight and OpenQASM text, and `observable`, a number a word.

    Example:
        >>> import qng
        >>> described(qng.load("one-qubit"))["observable"]
        {'X0': 1.0, 'Z0': 1.0}
    """
    decisive: dict[str, Any] = {
        "parameters": list(problem.parameters),
        "frozen": list(problem.frozen),
    }
    if isinstance(problem, Problem):
        decisive["circuits"] = [
            {"weight": weight, "openqasm": _text(circuit)} for circuit, weight in problem.ensemble
        ]
        decisive["observable"] = {str(word): c.real for word, c in problem.observable}
    else:
        # What depends on the start is no part of it.
        whole = {k: v for k, v in encoded(problem).items() if k not in ("start", "reference")}
        decisive["model"] = hashlib.sha256(json.dumps(whole).encode()).hexdigest()
    return {
        "name": problem.name,
        "title": problem.title,
        "unit": problem.unit,
        "digest": _digest(decisive),
        "start": [float(x) for x in problem.initial],
        **decisive,
    }


def digest(problem: AnyProblem) -> str:
    """The name of what decides the energies of a problem, 64 hexadecimal digits."""
    return str(described(problem)["digest"])


def _text(circuit: Circuit) -> str:
    """OpenQASM 3, or why there is none."""
    try:
        return circuit.to_qasm()
    except QngError as error:
        whole = hashlib.sha256(json.dumps(encoded(circuit)).encode()).hexdigest()
        return f"// {' '.join(str(error).split())}; SHA-256 of the gates: {whole}\n"


def _digest(decisive: dict[str, Any]) -> str:
    text = json.dumps(decisive, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
