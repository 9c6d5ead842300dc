"""Whatever is asked by methods has all that they may ask for."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from qng.adapters.functions.objective import Functions
from qng.adapters.pennylane.given import Given
from qng.models.coordinates import Moved
from qng.models.objective import Losses
from qng.plan.quantities import Objective
from qng.run.excited.penalised import Penalised
from qng.run.objective import Circuits

ASKED = [name for name, _ in inspect.getmembers(Objective) if not name.startswith("_")]


@pytest.mark.parametrize("kind", [Circuits, Functions, Given, Losses, Moved, Penalised])
def test_it_has_all_members_of_the_protocol(kind):
    assert {"key", "energy", "metric"} <= set(ASKED)
    known = {field.name for field in fields(kind)} | set(dir(kind))
    assert not set(ASKED) - known
