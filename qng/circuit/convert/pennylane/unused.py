"""What a QNode says beside its circuit, and is not used: its device and its shots."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakSet

# Of which a circuit from qng is run as exactly.
_EXACT: Final = ("default.qubit", "reference.qubit", "lightning.")

_TOLD: Final[WeakSet[Any]] = WeakSet()


def unused(node: Any) -> str | None:
    """What of a QNode is not used, in one line; None where it is nothing, or was said before."""
    name = getattr(node.device, "name", type(node.device).__name__)
    shots = node.shots.total_shots
    is_exact = name.startswith(_EXACT)
    if node in _TOLD or (is_exact and shots is None):
        return None
    _TOLD.add(node)
    own, instead = [], []
    if not is_exact:
        own.append(f"device {name}")
        instead.append(f'executor="pennylane:{name}"')
    if shots is not None:
        own.append(f"{shots} shots")
        instead.append(f"shots={shots}")
    are = "is" if shots is None else "are"
    title = getattr(node, "__name__", "the QNode")
    return (
        f"the {' and '.join(own)} of the QNode {title} {are} not used: its circuit is run on the "
        f"executor and with the shots that qng is given, exactly by default; give "
        f"{', '.join(instead)} where they are meant"
    )
