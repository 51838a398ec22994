from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import llm_tracer


def test_everything_public_is_listed_and_there() -> None:
    assert sorted(llm_tracer.__all__) == llm_tracer.__all__
    assert all(hasattr(llm_tracer, name) for name in llm_tracer.__all__)
    listed = {name for name in dir(llm_tracer) if not name.startswith("_")}
    modules = {name for name in listed if isinstance(getattr(llm_tracer, name), type(sys))}
    assert listed - modules == set(llm_tracer.__all__) - {"__version__"}


def test_a_function_of_the_name_of_a_module_is_bound_after_it() -> None:
    """Pyright, as in VS Code, takes what is imported last: `span(...)` was a call of the module `llm_tracer.span`."""
    source = ast.parse(Path(llm_tracer.__file__).read_text())
    imports = [node for node in source.body if isinstance(node, ast.ImportFrom)]
    modules = [node.module for node in imports]
    for place, node in enumerate(imports):
        assert not {alias.name for alias in node.names} & set(modules[place + 1 :])


def test_the_import_stays_cheap() -> None:
    """Each of these costs 5 to 60 ms. They come when they are needed, most of them on the sender's thread."""
    code = "import sys, llm_tracer; print(*sys.modules)"
    environment = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert not loaded & {
        "msgspec",
        "http.client",
        "ssl",
        "asyncio",
        "logging",
        "dataclasses",
        "inspect",
        "email",
    }
    assert not {name for name in loaded if name.startswith("llm_tracer.model")}
