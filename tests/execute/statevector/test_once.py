"""Properties that are computed once an object, side by side for different objects."""

from threading import Barrier

from qng.execute.statevector.once import once
from qng.threads import mapped


class Meeting:
    def __init__(self, place: Barrier) -> None:
        self.place, self.times = place, 0

    @once
    def met(self) -> int:
        """How often they have met."""
        self.place.wait(timeout=10)
        self.times += 1
        return self.times


def test_different_objects_do_not_wait_for_each_other() -> None:
    place = Barrier(2)
    both = Meeting(place), Meeting(place)
    assert mapped(lambda one: one.met, both, 2) == [1, 1]
    assert [one.met for one in both] == [1, 1]
