"""The kinds of passes, as numbers; `fuse.py` says what they are."""

from typing import Final

TURN: Final = 0
PHASE: Final = 1
SHUFFLE: Final = 2
PAIR: Final = 3
MATRIX: Final = 4
