"""Notes in .github/tested-versions.txt with which versions all tests have passed.

Run by `.ci/run` once they have. Lower bounds stand in pyproject.toml and are tested, too; upper
ones are given only where a package announces that it will break.
"""

import platform
import re
import tomllib
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
HEAD = """\
# The versions with which all tests have passed last; .ci/run writes this file.
# A newer version than one of these has not been tried: say so in a bug report (qng versions).
"""

project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"].values()
lines = []
for requirement in sorted({*project["dependencies"], *(r for extra in extras for r in extra)}):
    name = re.match(r"[\w.-]+", requirement)[0]
    try:
        lines.append(f"{name}=={version(name)}")
    except PackageNotFoundError:
        continue  # of an extra that was not there
where = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
tried = f"# {datetime.now(UTC):%Y-%m-%d}, {where}\n"
text = HEAD + tried + "\n".join(dict.fromkeys(lines)) + "\n"
(ROOT / ".github" / "tested-versions.txt").write_text(text)
