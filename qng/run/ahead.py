"""Steps taken ahead: a stretch of them as arrays, before the runs are told of any.

A run asks for its turn; where its method and circuit allow it, the answer is what many steps have
come to (`Foreseen`), and the run goes through them one by one. That is the same to the last bit,
and less Python a step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from qng.errors import QngError
from qng.optimize.abreast import stretched
from qng.optimize.rows import Foreseen
from qng.plan.executor import Executor, Service
from qng.run.abreast import Team
from qng.run.asking import Reply, Turn

# Steps of a stretch: rules may end a run before its last one, whose work is lost then.
_STRETCH: Final = 20


class Ahead:
    """Takes steps ahead.

    Args:
        device: What answers.
    """

    def __init__(self, device: Executor | Service) -> None:
        self._device = device
        self._teams: dict[int, Team | None] = {}

    def answer(self, turn: Turn) -> Reply:
        """What a run is told that takes its steps alone."""
        found = None if turn.told or turn.most < 2 else self.taken([turn])
        return turn.taken() if found is None else found[0]

    def taken(self, turns: Sequence[Turn]) -> list[Foreseen] | None:
        """The next steps of runs of one method; None where they have to take them one by one.

        Args:
            turns: The turns of all of them, at the beginning of a step.
        """
        team = self._team(turns[0])
        if team is None:
            return None
        most = min(_STRETCH, *(turn.most for turn in turns))
        states = [turn.state for turn in turns]
        return stretched(team.method, states, most, team.see, team.evaluations)

    def _team(self, turn: Turn) -> Team | None:
        key = id(turn.method)
        if key not in self._teams:
            try:
                self._teams[key] = Team.of(turn.method, turn.objective, self._device)
            except QngError:
                self._teams[key] = None
        return self._teams[key]
