"""Arguments of molecules that commands share, and what they mean."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qng.errors import InputError, MissingPackageError, UnknownNameError

if TYPE_CHECKING:
    from qng.problem.molecule import Options

_ANSATZE: Final = "uccsd, k-upccgsd, lucj, hardware-efficient or h2."


@dataclass(frozen=True)
class Wanted:
    """What is wanted of a molecule: one field an option of the command line."""

    basis: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A basis set.  [default: sto-3g]", show_default=False),
    ] = None
    active: Annotated[
        str | None,
        typer.Option(
            metavar="E,O",
            help="Electrons and orbitals of the active space, as 6,6.  [default: all]",
            show_default=False,
        ),
    ] = None
    frozen_core: Annotated[
        bool,
        typer.Option(
            "--frozen-core", help="Leave the shells below those of valence doubly occupied."
        ),
    ] = False
    charge: Annotated[int, typer.Option(metavar="Q", help="Net charge.")] = 0
    spin: Annotated[
        int, typer.Option(min=0, metavar="N", help="Electrons that are not paired.")
    ] = 0
    unit: Annotated[str, typer.Option(metavar="NAME", help="Of lengths: angstrom or bohr.")] = (
        "angstrom"
    )
    ansatz: Annotated[str, typer.Option(metavar="NAME", help=_ANSATZE)] = "uccsd"
    layers: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Of hardware-efficient and lucj (2), k of k-upccgsd (1).",
            show_default=False,
        ),
    ] = None
    start: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of uccsd, k-upccgsd and lucj: hf, mp2 or ccsd.  [default: ccsd; mp2 where that "
            "does not converge]",
            show_default=False,
        ),
    ] = None
    mapping: Annotated[
        str, typer.Option(metavar="NAME", help="jordan-wigner, parity or bravyi-kitaev.")
    ] = "jordan-wigner"
    order: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Of spin orbitals: alternating, up and down side by side, or blocked, all up "
            "first.",
        ),
    ] = "alternating"
    taper: Annotated[
        bool,
        typer.Option(
            "--taper", help="Leave out a qubit for each symmetry of Hamiltonian and circuit."
        ),
    ] = False
    scf: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of Hartree-Fock: pyscf, or dhf, that of PennyLane.  [default: pyscf where it is "
            "installed]",
            show_default=False,
        ),
    ] = None

    def options(self) -> Options:
        """The same for `qng.problem.molecule`.

        Raises:
            InputError: An active space that is not of the form E,O, or as `Options`.
        """
        from qng.problem.molecule import Options

        given = asdict(self)
        active, scf = given.pop("active"), given.pop("scf")
        electrons, orbitals = (None, None) if active is None else space(active)
        return Options(active_electrons=electrons, active_orbitals=orbitals, method=scf, **given)


def of_molecule(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `molecule` is one option for each field of `Wanted`."""
    written, wanted = (inspect.signature(of, eval_str=True) for of in (command, Wanted))

    @functools.wraps(command)
    def run(**given: Any) -> None:
        asked = Wanted(**{name: given.pop(name) for name in wanted.parameters})
        command(molecule=asked, **given)

    parameters = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, of in written.parameters.items()
        for parameter in (wanted.parameters.values() if name == "molecule" else (of,))
    ]
    vars(run)["__signature__"] = written.replace(parameters=parameters)
    return run


def space(text: str) -> tuple[int, int]:
    """(electrons, orbitals) of an active space.

    Raises:
        InputError: Another text.

    Example:
        >>> space("6, 6")
        (6, 6)
    """
    try:
        electrons, orbitals = map(int, text.split(","))
    except ValueError as error:
        raise InputError(
            f"--active is the number of electrons and that of orbitals, as 6,6, not {text!r}"
        ) from error
    return electrons, orbitals


def atoms_of(text: str | None, fcidump: Path | None) -> str | Path:
    """Atoms as text, or the file of atoms or integrals.

    Raises:
        InputError: Neither or both are given, or a file that does not begin as it should.
    """
    if (text is None) == (fcidump is None):
        raise InputError("give atoms, as 'N 0 0 0; N 0 0 1.1' or the name of an XYZ file, or "
                         "--fcidump FILE")  # fmt: skip
    if fcidump is not None:
        from qng.problem.molecule.fcidump import is_fcidump

        if not is_fcidump(fcidump):
            raise InputError(f"{fcidump} is no FCIDUMP file: it does not begin with &FCI")
        return fcidump
    assert text is not None
    if any(character in text.strip() for character in ";, \t\n") and not Path(text).is_file():
        return text
    if not Path(text).is_file():
        raise InputError(f"there is no file {text}; atoms are given as 'N 0 0 0; N 0 0 1.1'")
    return Path(text)


@contextmanager
def in_words_of_options() -> Iterator[None]:
    """Here errors name options of the command line in the place of arguments."""
    try:
        yield
    except (MissingPackageError, UnknownNameError):
        raise
    except InputError as error:
        text = str(error)
        for argument, option in (
            ("active_electrons", "the number of electrons in --active"),
            ("active_orbitals", "the number of orbitals in --active"),
            ("frozen_core and an active space", "--frozen-core and --active"),
            ("method='pyscf'", "--scf pyscf"),
            ("method: leave", "--scf: leave"),
            ("frozen_core: leave", "--frozen-core: leave"),
        ):
            text = text.replace(argument, option)
        if text == str(error):
            raise
        raise InputError(text) from error
