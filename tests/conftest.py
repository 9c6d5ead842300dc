"""What holds for all tests: how hypothesis finds examples, what is compiled once, what is left out.

`HYPOTHESIS_PROFILE=explore pytest tests/circuit` tries other examples every time, and ten times as
many.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# Times say nothing on a busy machine. Examples are the same on every machine.
settings.register_profile("fixed", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "fixed")
settings.load_profile(PROFILE)

# Adapters, and the packages of extras without which they cannot be imported.
NEEDED = {
    "jax": ("jax", "optax"),
    "qiskit/optimizer.py": ("qiskit_algorithms",),
    "torch": ("torch",),
}

_COMPILING = pytest.StashKey[subprocess.Popen[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Workers find the kernels compiled, where each of them would have compiled them again.

    The same holds for modules, of which each of the many processes of tests imports hundreds.
    """
    config.pluginmanager.register(WithoutAdapters(config.rootpath), "without adapters")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if not config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        return
    command = [sys.executable, "-m", "tests.kernels"]
    config.stash[_COMPILING] = subprocess.Popen(
        command, cwd=config.rootpath, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


class WithoutAdapters:
    """Adapters whose packages are missing are not imported, so their examples are not run."""

    def __init__(self, root: Path) -> None:
        self.left_out = [
            root / "qng" / "adapters" / adapter
            for adapter, packages in NEEDED.items()
            if not all(map(find_spec, packages))
        ]

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Whether a path is left out; None where others decide."""
        return True if collection_path in self.left_out else None


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Workers look for tests while kernels are compiled, and begin with them afterwards."""
    if compiling := session.config.stash.get(_COMPILING, None):
        _, told = compiling.communicate()
        if compiling.returncode:
            pytest.exit(f"kernels could not be compiled: {told}", returncode=3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if PROFILE != "explore":
        return
    for test in {getattr(item.obj, "__func__", item.obj) for item in items if _is_property(item)}:
        own = test._hypothesis_internal_use_settings
        test._hypothesis_internal_use_settings = settings(own, max_examples=10 * own.max_examples)


def _is_property(item: pytest.Item) -> bool:
    return getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
