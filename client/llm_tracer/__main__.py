"""`python -m llm_tracer doctor [--json]`."""

from __future__ import annotations

import argparse
import codecs
import io
import json
import os
import sys

from .config import read_settings
from .doctor import Check, examine
from .model.text import plain

_MARKS = {"ok": "✓", "note": "·", "warning": "!", "problem": "✗"}


def main(arguments: list[str] | None = None) -> int:
    """0: traces arrive. 1: they do not, and what is printed says why. 2: the command is not known."""
    parser = argparse.ArgumentParser(prog="python -m llm_tracer", description="The SDK of LLM Tracer.")
    doctor = parser.add_subparsers(required=True, metavar="doctor").add_parser(
        "doctor", help="find out why there are no traces", description="Find out why there are no traces."
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    chosen = parser.parse_args(arguments)
    codecs.register_error("plain", plain)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="plain")
    checks = []
    for check in examine(read_settings(), os.environ):
        checks.append(check)
        if not chosen.json:
            print(_line(check), flush=True)
    problems = [check for check in checks if check.state == "problem"]
    if chosen.json:
        print(json.dumps({"ok": not problems, "checks": [check._asdict() for check in checks]}, indent=2))
    else:
        print("\nNo trace arrives." if problems else "\nTraces arrive.")
    return 1 if problems else 0


def _line(check: Check) -> str:
    line = f"{_MARKS[check.state]} {check.name} {check.text}"
    return f"{line}\n    → {check.advice}" if check.advice else line


if __name__ == "__main__":
    sys.exit(main())
