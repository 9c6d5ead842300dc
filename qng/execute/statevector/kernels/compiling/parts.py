"""How numba compiles kernels and the functions that become parts of them.

Numba optimises every function with all that it calls, makes machine code of it, and does so again
for each function around it: with five levels of them that is most of the time to compile. Here a
part is linked only; the kernel that it ends in is optimised, once.
"""

from __future__ import annotations

from typing import Any, Final

from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.typed_passes import InlineOverloads, NopythonRewrites
from numba.core.untyped_passes import InlineClosureLikes

# What numba does with code that no kernel has: closures, functions that ask to be written out, and
# expressions of whole arrays.
_NEEDLESS: Final = (InlineClosureLikes, InlineOverloads, NopythonRewrites)


class KernelCompiler(Compiler):
    """Numba's compiler, which optimises what it has made once."""

    def define_pipelines(self) -> Any:
        """Numba's passes; the last of them finds a library that is there already."""
        library = _library(_Whole, self.state)
        library.enable_object_caching()
        numbas: Any = super()
        return _few(numbas.define_pipelines())


class PartCompiler(Compiler):
    """Numba's compiler, which leaves a part as it is."""

    def define_pipelines(self) -> Any:
        """As above."""
        _library(_Part, self.state)
        numbas: Any = super()
        return _few(numbas.define_pipelines())


def _library(kind: Any, state: Any) -> Any:
    state.library = kind(state.targetctx.codegen(), state.func_id.func_qualname)
    return state.library


def _few(managers: Any) -> Any:
    """The passes that kernels need."""
    for manager in managers:
        manager.passes = [found for found in manager.passes if found[0] not in _NEEDLESS]
        manager.finalize()
    return managers


class _Whole(JITCodeLibrary):
    """Code that becomes machine code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        _simplify(self._codegen, ll_module)

    def _optimize_final_module(self) -> None:
        codegen: Any = self._codegen
        manager, builder = codegen._module_pass_manager()
        manager.run(self._final_module, builder)


class _Part(JITCodeLibrary):
    """Code that is only linked into other code."""

    def _optimize_functions(self, ll_module: Any) -> None:
        _simplify(self._codegen, ll_module)

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            if hasattr(library, "_reload_init"):  # numba 0.62 has none
                self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        whole: Any = self
        whole._finalize_dynamic_globals()
        self._finalized = True

    @property
    def codegen(self) -> Any:
        return _WithoutEnvironment()


def _simplify(codegen: Any, module: Any) -> None:
    """One manager for all functions of a module, and those left out that it only names."""
    module.data_layout = codegen._data_layout
    manager, builder = codegen._function_pass_manager()
    for function in module.functions:
        if not function.is_declaration:
            manager.run(function, builder)


class _WithoutEnvironment:
    """What is asked to write where machine code would look; there is none."""

    def set_env(self, name: str, environment: Any) -> None:
        pass
