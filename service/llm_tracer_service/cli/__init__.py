"""The command `llm-tracer`. Each subcommand is a module, imported when it is called.

What they share: `endings`, how a command ends; `terminal`, what it prints; `api_client` and `asking`, for those that ask a
running Tracer API; `serving`, for those that run one, with `dashboard_process`, `dynamodb` and `dynamodb_local` beside it;
`opening`, for those that open its store themselves.
"""

from __future__ import annotations

import codecs
import io
import sys
from importlib import import_module

import click
from llm_tracer.model.text import plain

from llm_tracer_service import __version__

COMMANDS = {
    "up": "Start everything: the Tracer API, its store and the dashboard.",
    "serve": "Start the Tracer API alone.",
    "demo": "Send recorded traces of several conventions to a running Tracer API.",
    "ls": "List traces.",
    "show": "Show a trace as a tree, or one of its spans.",
    "tail": "Follow traces as they happen.",
    "sessions": "List conversations, or show one of them.",
    "stats": "Show counts, tokens, cost and latency, in total or by value.",
    "errors": "List failures, grouped by what they have in common.",
    "compare": "Compare two traces or two spans side by side.",
    "rm": "Delete traces.",
    "mcp": "Serve the traces to coding agents.",
    "export": "Write traces of a running Tracer API to a file.",
    "import": "Send the spans in files to a running Tracer API.",
    "remap": "Read stored traces again with the current tables and prices.",
    "store": "Inspect, check, copy or shrink the store.",
    "ingest": "Show the outcome of the last requests that sent spans.",
    "doctor": "Find out why there are no traces.",
    "keys": "Create, list and revoke API keys.",
}


_NAMES = {"import": "import_files"}
"""The names of module and function, for commands whose name is a keyword in Python."""


class _Lazy(click.Group):
    """A group whose commands are known by name and loaded when called, so that `--help` stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = _NAMES.get(cmd_name, cmd_name)
        command = getattr(import_module(f"{__name__}.{name}"), name)
        assert isinstance(command, click.Command)
        command.short_help = COMMANDS[cmd_name]
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as fault:
            if fault.ctx is None or not {"query", "what"} & {each.name for each in fault.ctx.command.params}:
                raise
            behind = "Put a term of QUERY that begins with - after --, as in `-- -tag:test`."
            raise click.UsageError(f"{fault.format_message()} {behind}", fault.ctx) from None


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="llm-tracer")
def main() -> None:
    """LLM Tracer: see what your LLM program did, on your own machine."""
    codecs.register_error("plain", plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="plain")
