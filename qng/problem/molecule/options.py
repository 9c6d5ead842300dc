"""What is wanted of a molecule, checked before anything is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from qng import checks
from qng.circuit.circuit import Circuit
from qng.errors import InputError, UnknownNameError, shown
from qng.problem.molecule.amplitudes import STARTS
from qng.problem.molecule.encoding import MAPPINGS
from qng.problem.molecule.fermions import ORDERS
from qng.problem.molecule.hartree_fock import METHODS

ANSATZE: Final = ("hardware-efficient", "h2", "k-upccgsd", "lucj", "uccsd")
"""Circuits by name."""

FERMIONIC: Final = ("k-upccgsd", "lucj", "uccsd")
"""Those that conserve the number of electrons and S_z."""

# Layers where nobody says how many: of the others there is one, or none to choose.
_LAYERS: Final = {"hardware-efficient": 2, "k-upccgsd": 1, "lucj": 2}

# Amplitudes where nobody says which: the first that there are.
_STARTS: Final = ("ccsd", "mp2", "hf")


@dataclass(frozen=True, eq=False)
class Options:
    """Arguments of `molecule`, by their names.

    Raises:
        InputError: One that is not possible, or two that do not fit together.
        UnknownNameError: An unknown ansatz, mapping, order, method or start.
    """

    charge: int = 0
    spin: int = 0
    basis: str | None = None
    unit: str = "angstrom"
    active_electrons: int | None = None
    active_orbitals: int | None = None
    frozen_core: bool = False
    method: str | None = None
    ansatz: Circuit | str = "hardware-efficient"
    layers: int | None = None
    start: Any = None
    mapping: str = "jordan-wigner"
    order: str = "alternating"
    taper: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.ansatz, str) and self.ansatz not in ANSATZE:
            raise UnknownNameError("ansatz", self.ansatz, ANSATZE)
        if not isinstance(self.ansatz, (str, Circuit)):
            raise InputError(f"ansatz is a Circuit or a name, not {shown(self.ansatz)}")
        if self.mapping not in MAPPINGS:
            raise UnknownNameError("mapping", self.mapping, MAPPINGS)
        if self.order not in ORDERS:
            raise UnknownNameError("order of modes", self.order, ORDERS)
        if self.method is not None and self.method not in METHODS:
            raise UnknownNameError("method", self.method, METHODS)
        checks.real("charge", self.charge)
        if self.charge != int(self.charge):
            raise InputError(f"charge must be a whole number, not {self.charge}")
        checks.whole("spin", self.spin)
        for name in ("basis", "unit"):
            if getattr(self, name) is not None:
                checks.text(name, getattr(self, name))
        for name in ("active_electrons", "active_orbitals"):
            if getattr(self, name) is not None:
                checks.whole(name, getattr(self, name), 1)
        for name in ("frozen_core", "taper"):
            checks.flag(name, getattr(self, name))
        has_space = self.active_electrons is not None or self.active_orbitals is not None
        if self.frozen_core and has_space:
            raise InputError("frozen_core and an active space are two answers: give one of them")
        self._check_layers()
        self._check_start()

    def _check_layers(self) -> None:
        if self.layers is None:
            return
        if not isinstance(self.ansatz, str) or self.ansatz not in _LAYERS:
            what = f"ansatz {self.ansatz!r}" if isinstance(self.ansatz, str) else "a circuit"
            raise InputError(f"{what} has no layers to choose: leave layers out")
        checks.whole("layers", self.layers, 0 if self.ansatz == "hardware-efficient" else 1)

    def _check_start(self) -> None:
        if not isinstance(self.start, str):
            return
        if not self.is_fermionic:
            raise InputError(
                f"start={self.start!r} is for {', '.join(FERMIONIC)}; give numbers, or leave it out"
            )
        if self.start not in STARTS:
            raise UnknownNameError("start", self.start, STARTS)

    @property
    def is_fermionic(self) -> bool:
        """Whether the circuit conserves the number of electrons and S_z."""
        return isinstance(self.ansatz, str) and self.ansatz in FERMIONIC

    def keeps_spin(self, spin: int) -> bool:
        """Whether the circuit conserves the total spin.

        UCCSD of a closed shell does, but for the error of its Trotter step; with unpaired
        electrons its excitations have parameters of their own for each spin.
        """
        return self.ansatz == "k-upccgsd" or (self.ansatz == "uccsd" and spin == 0)

    @property
    def depth(self) -> int:
        """Layers, also where nobody says how many."""
        return _LAYERS.get(str(self.ansatz), 1) if self.layers is None else self.layers

    def amplitudes(self, spin: int) -> tuple[str, ...]:
        """Those from which a fermionic ansatz starts: the first that there are.

        Raises:
            InputError: There are none of this ansatz with unpaired electrons.
        """
        if self.start is not None and not isinstance(self.start, str):
            return ("hf",)
        closed = spin == 0 or self.ansatz == "uccsd"
        if self.start is None:
            return _STARTS if closed else ("hf",)
        if not closed and self.start != "hf":
            raise InputError(
                f"with unpaired electrons {self.ansatz} starts from Hartree-Fock: start='hf'"
            )
        return (str(self.start),)

    def check_for_integrals(self, coordinates: Any) -> None:
        """Refuse what integrals have settled already.

        Raises:
            InputError: It is given.
        """
        given = {
            "coordinates": coordinates is not None,
            "charge": self.charge != 0,
            "spin": self.spin != 0,
            "basis": self.basis is not None,
            "method": self.method is not None,
            "frozen_core": self.frozen_core,
        }
        for name, wrong in given.items():
            if wrong:
                raise InputError(f"integrals are given, which settle {name}: leave it out")


USUAL: Final = Options()
"""With nothing said."""
