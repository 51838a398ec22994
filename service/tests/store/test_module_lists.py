"""The head of each store's package names the modules that it has, and no others."""

import re
from importlib import import_module
from pathlib import Path

import pytest


@pytest.mark.parametrize("store", ["memory", "sqlite", "dynamodb"])
def test_the_list_of_modules_is_whole(store: str) -> None:
    package = import_module(f"llm_tracer_service.store.{store}")
    listed = re.findall(r"^ *([a-z_]+)(?:\.py)?  ", package.__doc__ or "", re.MULTILINE)
    folder = Path(package.__path__[0])
    modules = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert sorted(listed) == sorted(modules - {"__init__"})
