"""All checks, in the order in which they depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..config import Settings
from .check import Check
from .environment import check_enabled, check_libraries, check_otel_variables, check_versions
from .server import Server, check_answer, check_clock, check_round_trip
from .spool import check_spool


def examine(settings: Settings, environment: Mapping[str, str]) -> Iterator[Check]:
    """Run the checks, yielding each as it is done. If the server does not answer, the checks that need it are left
    out."""
    yield check_enabled(settings)
    yield from check_versions()
    yield from check_otel_variables(settings, environment)
    yield from check_libraries()
    yield check_spool(settings)
    server = Server(settings.api_url, settings.api_key)
    answer = check_answer(server)
    yield answer
    if answer.state != "problem":
        yield check_clock(server)
        yield check_round_trip(server)
