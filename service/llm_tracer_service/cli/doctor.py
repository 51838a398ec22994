"""`llm-tracer doctor`: the SDK's own examination, run by the Python of the program in question."""

from __future__ import annotations

import subprocess
import sys

import click

from llm_tracer_service.cli.endings import fail


@click.command()
@click.option(
    "--python",
    default=sys.executable,
    metavar="PATH",
    help="The Python of your program, as .venv/bin/python: its libraries are checked. Default: the Python of this command.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(python: str, as_json: bool) -> None:
    """Find out why there are no traces: address, key, clock, versions, variables, libraries, and a test trace.

    The environment is that of this shell: set TRACER_API_URL and TRACER_API_KEY as your program does. Ends with 0
    when traces arrive and with 1 when they do not.
    """
    command = [python, "-m", "llm_tracer", "doctor", *(["--json"] if as_json else [])]
    try:
        ended = subprocess.run(command, check=False)
    except OSError as fault:
        raise fail(f"{python} cannot be run: {fault.strerror}.", "Name a Python with --python.") from None
    sys.exit(ended.returncode)
