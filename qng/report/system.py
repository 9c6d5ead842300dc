"""What a result may depend on beside its recipe: packages, processor, threads, BLAS and caches.

For bug reports, as data. Nothing of it is a secret: places in the home of a user begin with ~.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from qng import __version__
from qng.errors import DISTRIBUTION
from qng.threads import cores

DEVELOPING: Final = ("test", "docs", "peers", "browser")
"""Extras for those who work on the package itself."""

DISPENSABLE: Final = ("matplotlib", "pennylane", "qiskit", "qiskit-aer")
"""What comes with every install, and a plain exact run does without."""

_FEATURES: Final = ("sse4.2", "avx", "avx2", "fma", "avx512f", "avx512vl", "neon", "sve")

_LIMITS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMBA_CACHE_DIR",
    "NUMBA_DISABLE_JIT",
    "NUMBA_CPU_NAME",
)


@dataclass(frozen=True)
class Package:
    """A package that this one depends on.

    Args:
        name: On the Python Package Index.
        wanted: Its versions, as ">=2.2".
        version: The installed one; "" where there is none.
        extra: That brings it; "" where every install does.
    """

    name: str
    wanted: str
    version: str
    extra: str

    @property
    def fits(self) -> bool:
        """Whether the installed version is one of those that are wanted, by its lower bound."""
        lowest = re.search(r">=([\d.]+)", self.wanted)
        return not (self.version and lowest) or _numbers(self.version) >= _numbers(lowest[1])


@dataclass(frozen=True)
class Size:
    """How much a package takes on disk.

    Args:
        name: The package.
        own: Its own files, bytes.
        added: Bytes that would go with it: its own, and those of packages that nothing else needs.
    """

    name: str
    own: int
    added: int


def packages() -> list[Package]:
    """All that this distribution names, those of every install first.

    Example:
        >>> next(found.wanted for found in packages() if found.name == "numpy")
        '>=2.2'
    """
    found: dict[str, Package] = {}
    for name, wanted, extra in _required(DISTRIBUTION):
        if name not in found:
            found[name] = Package(name, wanted, _version(name), extra)
    return sorted(found.values(), key=lambda package: (package.extra != "", package.name))


def machine() -> dict[str, Any]:
    """Python, the system, the processor, its cores, and limits of threads that are set."""
    processor, features, width = _processor()
    return {
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "executable": _short(sys.executable),
        "qng": f"{__version__} in {_short(Path(__file__).parents[1])}",
        "system": platform.platform(),
        "processor": processor or platform.machine(),
        "features": features,
        "vector": width,
        "cores": {"usable": cores(), "present": os.cpu_count()},
        "memory": _memory(),
        "environment": {name: os.environ[name] for name in _LIMITS if name in os.environ},
    }


def blas() -> list[dict[str, Any]]:
    """The libraries of linear algebra that NumPy and SciPy have loaded, and their threads."""
    import scipy.linalg  # noqa: F401  (SciPy has one of its own)
    from threadpoolctl import threadpool_info

    return [
        {
            "library": found["internal_api"],
            "version": found.get("version"),
            "threads": found["num_threads"],
            "kind": found.get("architecture"),
            "file": _short(found["filepath"]),
        }
        for found in threadpool_info()
    ]


def kernels() -> dict[str, Any]:
    """How the loops of the simulator are compiled, and where they are kept.

    Cost: half a second the first time on a machine.
    """
    from qng.execute.statevector.kernels.compiling.cache import cache_of
    from qng.execute.statevector.kernels.compiling.ways import chosen
    from qng.execute.statevector.kernels.gates import make

    way = str(getattr(chosen(), "__name__", "")).rpartition(".")[2]
    try:
        place = Path(cache_of(vars(make)["__wrapped__"]).cache_path)
    except RuntimeError:
        return {"compiled": way, "cache": None, "files": 0, "bytes": 0}
    kept = [path.stat().st_size for path in place.glob("*.nb[ci]")]
    return {"compiled": way, "cache": _short(place), "files": len(kept), "bytes": sum(kept)}


def sizes() -> list[Size]:
    """What the packages of every install take on disk, the largest first.

    Cost: a look at every file that is installed; a second.
    """
    direct = [package.name for package in packages() if not package.extra and package.version]
    every = _reached(direct)
    found = []
    for name in direct:
        gone = every - _reached([other for other in direct if other != name])
        added = sum(map(_bytes, gone)) if name in gone else 0
        found.append(Size(name, _bytes(name), added))
    return sorted(found, key=lambda size: -size.own)


def whole() -> dict[str, int]:
    """Bytes of all that an install brings, and of what a plain exact run needs of it."""
    direct = [package.name for package in packages() if not package.extra and package.version]
    plain = [name for name in direct if name not in DISPENSABLE]
    return {
        "default": sum(map(_bytes, _reached(direct))),
        "plain": sum(map(_bytes, _reached(plain))),
    }


def _required(distribution: str) -> Iterator[tuple[str, str, str]]:
    """(name, versions, extra) of what a distribution requires."""
    try:
        lines = importlib.metadata.requires(distribution) or []
    except importlib.metadata.PackageNotFoundError:
        return
    for line in lines:
        what, _, marker = line.partition(";")
        begun = re.match(r"\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?([^)]*)\)?", what)
        extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
        if begun:
            yield _plain(begun[1]), begun[2].strip(), extra[1] if extra else ""


def _reached(names: Iterable[str]) -> set[str]:
    """What is installed of packages and all that they need."""
    left, seen = list(names), set[str]()
    while left:
        name = left.pop()
        if name in seen or not _version(name):
            continue
        seen.add(name)
        left += [other for other, _, extra in _required(name) if not extra]
    return seen


@cache
def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


@cache
def _bytes(name: str) -> int:
    """Of the files of a package, as far as it says which these are."""
    files = importlib.metadata.files(name) or []
    places = (Path(str(file.locate())) for file in files)
    return sum(place.stat().st_size for place in places if place.is_file())


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)[:3]))


def _processor() -> tuple[str, list[str], int | None]:
    """(name, features that matter here, numbers in a vector), as LLVM sees the processor."""
    try:
        from llvmlite import binding

        from qng.execute.statevector.kernels.simd import WIDTH

        has: Mapping[str, bool] = binding.get_host_cpu_features()
        return binding.get_host_cpu_name(), [f for f in _FEATURES if has.get(f)], WIDTH
    except (ImportError, RuntimeError):
        return "", [], None


def _memory() -> int | None:
    """Bytes of the machine, where it says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _short(path: str | Path) -> str:
    """A place, without the name of a user's home."""
    text, home = str(path), str(Path.home())
    return f"~{text[len(home) :]}" if home != "/" and text.startswith(home) else text
