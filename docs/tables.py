"""The tables of the documentation that are made from the code. `python docs/tables.py` writes them anew."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from pathlib import Path
from textwrap import wrap

import click
import llm_tracer
from llm_tracer.config import DEFAULT_API_URL, Settings
from llm_tracer.integrations.libraries import LIBRARIES
from llm_tracer_dashboard.settings import SETTINGS as DASHBOARD_SETTINGS
from llm_tracer_service.cli import COMMANDS, main
from llm_tracer_service.query import known_fields
from llm_tracer_service.settings import SETTINGS

HERE = Path(__file__).resolve().parent


def settings_table() -> str:
    """Every setting of the service."""
    rows = ((f"`{one.variable}`", one.type, one.default_shown, one.description) for one in SETTINGS)
    return _table(("variable", "type", "default", "what it does"), rows)


def dashboard_settings_table() -> str:
    """Every setting of the dashboard."""
    rows = ((f"`{one.variable}`", one.default_shown, one.description) for one in DASHBOARD_SETTINGS)
    return _table(("variable", "default", "what it does"), rows)


def fields_table() -> str:
    """Every field of the query text."""
    rows = []
    for doc in known_fields():
        values = f" ({', '.join(doc.values)})" if doc.values else ""
        of = "" if doc.of_one_span else "whole trace only"
        rows.append((f"`{doc.name}`", doc.type, doc.description + values, f"`{doc.example}`", of))
    return _table(("field", "type", "of what", "example", ""), rows)


def sdk_settings() -> Iterable[tuple[str, str, str, str]]:
    """Every variable that the SDK reads: its name, the field of `Tracer`, the default that it really takes, what it does."""
    defaults = Settings(DEFAULT_API_URL, None, True, "", {})
    return (
        ("TRACER_API_URL", "api_url", f"`{defaults.api_url}`", "Where spans go."),
        ("TRACER_API_KEY", "api_key", "none", "The key, where the Tracer API asks for one."),
        ("TRACER_ENABLED", "enabled", _word(defaults.enabled), "`false`, `0`, `no` or `off` turn tracing off."),
        ("TRACER_SPOOL", "spool", "with the user's state",
         "The folder for what could not be delivered; `off` keeps it in memory only."),
        ("TRACER_SPOOL_MAX_BYTES", "", f"`{defaults.spool_limit_bytes}`", "How large the spool may grow."),
        ("TRACER_SAMPLE_RATE", "sample_rate", f"`{defaults.sample_rate}`", "The part of the traces that is recorded."),
        ("TRACER_CAPTURE_CONTENT", "capture_content", _word(defaults.capture_content),
         "`false`: no inputs, no outputs, no messages of exceptions."),
        ("TRACER_REDACT", "redact", _word(defaults.redact is not None), "`true`: what looks like a secret is taken out."),
        ("OTEL_SERVICE_NAME", "service_name", "name of the script", "The service that the spans belong to."),
        ("OTEL_RESOURCE_ATTRIBUTES", "", "none", "More about the process: `key=value,key=value`."),
    )  # fmt: skip


def sdk_settings_table() -> str:
    """Every variable that the SDK reads."""
    rows = (
        (f"`{name}`", f"`{of}`" if of else "", default, text) for name, of, default, text in sdk_settings()
    )
    return _table(("variable", "of `Tracer`", "default", "what it does"), rows)


def env_example() -> str:
    """`.env.example`: every variable of all parts with its default, each once."""
    parts = (
        ("Programs that use the SDK, and the dashboard: where the Tracer API is, and their key",
         [(name, default, text) for name, _, default, text in sdk_settings() if name in SHARED]),
        ("The Tracer API", [(one.variable, one.default_shown, one.description) for one in SETTINGS]),
        ("The dashboard", [(one.variable, one.default_shown, one.description) for one in DASHBOARD_SETTINGS]),
        ("The SDK, more", [(name, default, text) for name, _, default, text in sdk_settings()]),
        ("Containers", [("TRACER_BASE_IMAGE", "python:3.13-slim", "The image that ours are built on.")]),
    )  # fmt: skip
    lines = [
        "# Copy this file to `.env`: programs with the SDK, the Tracer API, the commands, the dashboard and Docker Compose read it",
        "# from the folder in which they are started. The environment comes before it. Nothing here has to be set.",
    ]
    seen: set[str] = set()
    for title, variables in parts:
        lines += ["", f"# --- {title}"]
        for name, default, text in variables:
            if name not in seen:
                lines += [
                    "",
                    *(f"# {line}" for line in wrap(f"{text} Default: {default or 'none'}.", 117)),
                    f"# {name}=",
                ]
                seen.add(name)
    return "\n".join(lines).replace("`", "") + "\n"


SHARED = ("TRACER_API_URL", "TRACER_API_KEY")


def names_table() -> str:
    """Every public name of the SDK, with the first sentence of its documentation."""
    names = (name for name in llm_tracer.__all__ if not name.startswith("_"))
    return _table(
        ("name", "what it is"), ((f"`{name}`", _first(getattr(llm_tracer, name))) for name in names)
    )


def span_table() -> str:
    """Every method and property of a span."""
    names = (name for name in vars(llm_tracer.Span) if not name.startswith("_"))
    described = ((name, _first(getattr(llm_tracer.Span, name))) for name in sorted(names))
    return _table(("of a span", "what it does"), ((f"`{name}`", text) for name, text in described))


def libraries_table() -> str:
    """Every library of `instrument()`, with its instrumentations in the order of preference."""
    rows = (
        (library.name, " · ".join(f"`{name}`" for name in library.instrumentations) or "built in")
        for library in LIBRARIES
    )
    return _table(("library", "instrumentations, the preferred one first"), rows)


def recipes_table() -> str:
    """Every recipe of the checkout, with its comment."""
    root = HERE.parent
    text = (root / "Justfile").read_text(encoding="utf-8") + (root / "deploy" / "containers.just").read_text(
        encoding="utf-8"
    )
    found = re.findall(r"^# (.+)\n(?:\[group.*\]\n)?([a-z][\w-]*)(?: \*arguments)?:(?!=)", text, re.MULTILINE)
    return _table(("recipe", "what it does"), ((f"`just {name}`", f"{comment}.") for comment, name in found))


def commands_table() -> str:
    """Every command of the service."""
    return _table(
        ("command", "what it does"), ((f"`llm-tracer {name}`", text) for name, text in COMMANDS.items())
    )


def _first(thing: object) -> str:
    """The first sentence of a docstring, in one line."""
    text = " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.])\s(?=[A-Z`])", text)[0]


def _word(is_on: bool) -> str:
    return "`true`" if is_on else "`false`"


def help_text() -> str:
    """The help of every command, as it is printed in 100 columns."""
    return "\n\n".join(
        f"### {path}\n\n```text\n{_help(path, command)}\n```"
        for path, command in _commands(("llm-tracer",), main)
    )


def _commands(path: tuple[str, ...], command: click.Command) -> Iterable[tuple[str, click.Command]]:
    """A command with all below it."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _commands((*path, name), below)


def _help(path: str, command: click.Command) -> str:
    context = click.Context(
        command, info_name=path, terminal_width=100, max_content_width=100, **main.context_settings
    )
    return command.get_help(context)


TABLES = {
    "configuration.md": {"settings": settings_table, "dashboard": dashboard_settings_table},
    "commands.md": {"recipes": recipes_table, "commands": commands_table, "help": help_text},
    "query.md": {"fields": fields_table},
    "sdk.md": {
        "settings": sdk_settings_table, "names": names_table, "span": span_table, "libraries": libraries_table,
    },
}  # fmt: skip


def pages() -> Iterable[tuple[Path, str]]:
    """Each page with its tables as the code has them."""
    for name, tables in TABLES.items():
        path = HERE / name
        text = path.read_text(encoding="utf-8")
        for table, make in tables.items():
            begin, end = f"<!-- table:{table} -->", f"<!-- /table:{table} -->"
            before, _, rest = text.partition(begin)
            _, found, after = rest.partition(end)
            if not found:
                raise ValueError(f"{name} has no place for the table {table}: {begin} … {end}")
            text = f"{before}{begin}\n{make()}\n{end}{after}"
        yield path, text
    yield HERE.parent / ".env.example", env_example()


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [
        head,
        tuple("---" for _ in head),
        *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
