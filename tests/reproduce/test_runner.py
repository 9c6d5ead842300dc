"""Runs of entries that have many short studies are done in processes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from qng.reproduce import OWN, Entry, Source, Study, check, reproduce
from qng.run import many

# A method whose runs are done one by one.
STUDIES = {f"{k}": Study("one-qubit", {"spsa": "spsa"}, starts=3, steps=1) for k in range(2)}
ENTRY = Entry(
    "X",
    "Short studies",
    Source("key", ("Ada Lovelace",), "A title"),
    studies=STUDIES,
    checks=(check.last("spsa", check.below(2), 0, OWN, study="*"),),
)


@pytest.mark.parametrize(("seconds", "pools"), [(1.0, 0), (100.0, 2)])
def test_many_short_studies(seconds: float, pools: int, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []

    def pooled(runs: Any, groups: Any, workers: int) -> Any:
        sent.append(len(groups))
        return (done for group in groups for done in runs.together(group))

    monkeypatch.setattr(many, "_pooled", pooled)
    monkeypatch.setattr("qng.reproduce.runner.WORTH", 0.0)
    done = reproduce(replace(ENTRY, seconds=seconds), workers=2)
    assert done.passed
    assert sent == [2] * pools
