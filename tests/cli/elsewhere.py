"""A device elsewhere for tests of commands: `ibm_test`, whose account is in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from qng.execute import names
from qng.plan.deal import Dealing
from tests.clouds import Account, FakeCloud


@dataclass
class Elsewhere:
    """What `--backend ibm_test` is.

    Args:
        account: Of the cloud.
        dealing: Of the device.
        options: With which it was made last.
    """

    account: Account = field(default_factory=Account)
    dealing: Dealing = Dealing(uniform=True)
    options: dict[str, Any] = field(default_factory=dict)

    def made(self, **options: Any) -> FakeCloud:
        """The device."""
        self.options = options
        return FakeCloud(
            self.account,
            name="ibm_test",
            dealing=self.dealing,
            settings={"name": "ibm_test", **options},
        )


def installed(monkeypatch: pytest.MonkeyPatch, there: Elsewhere) -> Elsewhere:
    """From now on `ibm_test` is this device."""
    before: Callable[[str], Any] = names._maker

    def maker(name: str) -> Any:
        return (there.made, False) if name == "ibm_test" else before(name)

    monkeypatch.setattr(names, "_maker", maker)
    return there
