"""Prints the oldest supported version of every direct dependency, as pins for pip.

They are the lower bounds of pyproject.toml, so that these cannot promise what is not tested.
"""

import re
import tomllib
from pathlib import Path

# They check the code, and are no part of it.
TOOLS = {"import-linter", "mypy", "ruff", "scipy-stubs"}

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
for requirement in dict.fromkeys([*project["dependencies"], *extras["test"]]):
    name, lowest = re.match(r"([\w.-]+(?:\[\w+\])?)>=([\w.]+)", requirement).groups()
    if name not in TOOLS:
        print(f"{name}=={lowest}")
