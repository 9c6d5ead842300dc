"""`import qng` is cheap, and every public name is there."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

import qng

HEAVY = [
    "IPython",
    "dask",
    "distributed",
    "jax",
    "joblib",
    "matplotlib",
    "numba",
    "openqasm3",
    "pandas",
    "pennylane",
    "qiskit",
    "qiskit_aer",
    "qiskit_ibm_runtime",
    "scipy",
    "sqlite3",
    "torch",
]

ADAPTED = ["distributed", "matplotlib", "openqasm3", "pennylane", "qiskit"]


def fresh(code: str) -> str:
    """What code prints in a new interpreter in which warnings are errors."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_loads_no_heavy_library() -> None:
    code = f"import sys, qng; print([name for name in {HEAVY} if name in sys.modules])"
    assert fresh(code) == "[]"


def test_a_run_loads_no_adapter() -> None:
    code = (
        "import sys, qng; from qng.circuit.ansatz import real_amplitudes; "
        "qng.minimize(qng.Problem(real_amplitudes(1, 0), {'Z0': 1.0}, [0.3]), steps=1); "
        f"print([m for m in {ADAPTED} if m in sys.modules])"
    )
    assert fresh(code) == "[]"


def test_what_a_small_run_does_not_need_is_not_loaded() -> None:
    unused = [
        "dask",
        "joblib",
        "matplotlib",
        "numba",
        "scipy.optimize",
        "scipy.sparse",
        "threadpoolctl",
    ]
    code = (
        "import sys, qng; result = qng.minimize('one-qubit', steps=2); "
        "import qng.report.tables as t; t.run_table(result, 5); t.run_summary(result); "
        f"print([m for m in {unused} if m in sys.modules])"
    )
    assert fresh(code) == "[]"


def test_a_list_of_problems_is_printed_without_executors() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from qng.cli import application; "
        "assert CliRunner().invoke(application(), ['circuits']).exit_code == 0; "
        "print([m for m in ['numba', 'scipy'] if m in sys.modules])"
    )
    assert fresh(code) == "[]"


def test_methods_and_estimators_are_listed_without_adapters() -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from qng.cli import application; "
        "app = application(); "
        "assert CliRunner().invoke(app, ['methods']).exit_code == 0; "
        "assert CliRunner().invoke(app, ['estimators']).exit_code == 0; "
        f"print([m for m in {ADAPTED} if m in sys.modules])"
    )
    assert fresh(code) == "[]"


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["versions", "--help"]])
def test_help_loads_no_heavy_library(words: list[str]) -> None:
    code = (
        "import sys; from typer.testing import CliRunner; from qng.cli import application; "
        f"assert CliRunner().invoke(application(), {words}).exit_code == 0; "
        f"print([name for name in {[*HEAVY, 'numpy']} if name in sys.modules])"
    )
    assert fresh(code) == "[]"


def test_a_ledger_is_written_and_looked_at_without_adapters(tmp_path: Path) -> None:
    ledger, adapted = str(tmp_path / "runs.db"), ["matplotlib", "pennylane", "qiskit"]
    shown = f"print([name for name in {adapted} if name in sys.modules])"
    run = f"import sys, qng; qng.minimize('one-qubit', steps=2, ledger={ledger!r}); "
    assert fresh(run + shown) == "[]"
    look = (
        "import sys; from typer.testing import CliRunner; from qng.cli import application; "
        f"found = CliRunner().invoke(application(), ['runs', '--ledger', {ledger!r}]); "
        "assert found.exit_code == 0; "
    )
    assert fresh(look + shown) == "[]"


def test_shots_and_iterations_load_no_more_of_scipy_before_they_are_used() -> None:
    code = (
        "import sys, qng.run.minimize, qng.run.compare, qng.report.statistics, "
        "qng.geometry, qng.estimate.fubini.blocks; "
        "print([m for m in ['scipy.linalg', 'scipy.sparse'] if m in sys.modules])"
    )
    assert fresh(code) == "[]"


@pytest.mark.parametrize("name", qng.__all__)
def test_public_names_resolve(name: str) -> None:
    assert getattr(qng, name) is not None
    assert name in dir(qng)


def test_compare_is_the_function_in_every_order_of_import() -> None:
    code = (
        "import qng.run.compare, qng.run.point, qng; "
        "from qng import compare, compare_steps, metric; "
        "print(callable(qng.compare), qng.compare is compare is qng.run.compare.compare, "
        "qng.metric is metric is qng.run.point.metric, qng.optimizers.__name__)"
    )
    assert fresh(code) == "True True True qng.optimize.methods"


def test_rooms_are_there_without_an_import_of_their_own() -> None:
    """Errors and documents name what is behind them, such as qng.models.function(f, start)."""
    code = (
        "import sys, qng; before = 'qng.models' in sys.modules; "
        "print(before, qng.models.function.__name__, qng.errors.InputError.__name__, "
        "qng.geometry.Floored.__name__, qng.adapters.pennylane.__name__, "
        "{'models', 'adapters', 'minimize'} <= set(dir(qng)))"
    )
    assert fresh(code) == "False function InputError Floored qng.adapters.pennylane True"
    with pytest.raises(AttributeError, match=r"'qng.adapters' has no attribute 'cirq'"):
        _ = qng.adapters.cirq


def test_unknown_attributes_are_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'minimise'"):
        _ = qng.minimise


def imported() -> set[str]:
    """The packages that some module of qng imports, at its top or when it is called."""
    names: set[str] = set()
    for path in Path(qng.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                names.add(node.module.partition(".")[0])
    return names - set(sys.stdlib_module_names) - {"qng"}


def test_every_imported_package_is_declared() -> None:
    def plain(requirement: str) -> str:
        return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0].lower())

    declared = {plain(line) for line in requires("quantum-natural-gradient") or ()}
    owners = packages_distributions()
    # Extras that are not installed for the tests; most packages are called as what they bring.
    brought = {"IPython": "ipykernel", "mlflow": "mlflow-skinny"}
    found = {name: owners.get(name, [brought.get(name, name)]) for name in imported()}
    found |= {name: [owner] for name, owner in brought.items() if name in found}
    missing = {name for name, by in found.items() if not declared & {plain(o) for o in by}}
    assert not missing
