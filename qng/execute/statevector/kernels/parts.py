"""Functions that become parts of kernels, and nothing by themselves.

Numba optimises every function with all that it calls, makes machine code of it, and does so again
for each function around it: with five levels of them that is most of the time to compile. Here a
part is linked only; the kernel that it ends in is optimised, once.
"""

from __future__ import annotations

from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class PartCompiler(Compiler):
    """Numba's compiler, which leaves a part as it is."""

    def define_pipelines(self) -> Any:
        """Numba's passes; the last of them finds a library that is there already."""
        state: Any = self.state
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)  # type: ignore[no-untyped-call]
        return super().define_pipelines()  # type: ignore[no-untyped-call]


class _Part(JITCodeLibrary):
    """Code that is only linked into other code."""

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalize_dynamic_globals()  # type: ignore[no-untyped-call]
        self._finalized = True

    @property
    def codegen(self) -> Any:
        return _WithoutEnvironment()


class _WithoutEnvironment:
    """What is asked to write where machine code would look; there is none."""

    def set_env(self, name: str, environment: Any) -> None:
        pass
