"""The table of libraries is one."""

from __future__ import annotations

from collections import Counter

from llm_tracer.integrations.built_in import BUILT_IN
from llm_tracer.integrations.libraries import CURRENT_RUN, LIBRARIES


def test_every_library_and_every_instrumentation_is_there_once() -> None:
    names = [library.name for library in LIBRARIES]
    used = [name for library in LIBRARIES for name in library.instrumentations]
    assert names == sorted(names)
    assert [name for name, count in Counter([*names, *used]).items() if count > 1] == []


def test_openinference_is_preferred_wherever_it_has_one() -> None:
    for library in LIBRARIES:
        families = [name.startswith("openinference-") for name in library.instrumentations]
        assert families == sorted(families, reverse=True)


def test_what_is_built_in_can_be_switched_on_and_the_rest_has_an_instrumentation() -> None:
    assert {library.name for library in LIBRARIES if library.is_built_in} == set(BUILT_IN)
    assert all(library.instrumentations for library in LIBRARIES if not library.is_built_in)


def test_runs_are_found_for_instrumentations_of_the_table() -> None:
    assert set(CURRENT_RUN) <= {name for library in LIBRARIES for name in library.instrumentations}
