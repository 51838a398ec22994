"""A model call or a tool failed and was tried again with the same input."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from llm_tracer.model.text import counted, duration

from llm_tracer_service.hints.steps import Hint, Step, Steps, UncheckedHint, ids, reason_of

LOST_MS_MIN = 100
"""Nobody notices less than this."""


def hints(steps: Steps) -> Iterator[Hint]:
    """One for each chain of attempts within one agent: all but the last failed, and each began after the one before.

    Already one retry is worth a hint: its time, and often its tokens, were wasted. Tests that fail again after an edit are not
    a retry: another tool ran in between.
    """
    chains: dict[tuple[Any, ...], list[Step]] = defaultdict(list)
    failed = {_alike(step) for step in (*steps.calls, *steps.tools) if _failed(step)}
    for step in sorted((*steps.calls, *steps.tools), key=lambda each: each.row.start_time_unix_nano):
        if _alike(step) not in failed:
            continue
        given = steps.given(step)
        if given is None:
            continue
        key = (_alike(step), given)
        chain = chains[key]
        if chain and not (
            _failed(chain[-1]) and _is_after(step, chain[-1]) and steps.follow([chain[-1], step])
        ):
            yield from _told(chain)
            chain.clear()
        chain.append(step)
    for chain in chains.values():
        yield from _told(chain)


def unchecked(steps: Steps) -> Iterator[UncheckedHint]:
    """Something failed, but its input was not sent."""
    untold = sum(_failed(step) and steps.given(step) is None for step in (*steps.calls, *steps.tools))
    if untold:
        yield UncheckedHint("retried", f"The input of {counted(untold, 'failed step')} was not sent.")


def _alike(step: Step) -> tuple[int, str, str]:
    return step.scope, step.row.reading.kind, step.row.reading.name


def _failed(step: Step) -> bool:
    return step.row.reading.status == "error"


def _is_after(step: Step, other: Step) -> bool:
    end = other.row.end_time_unix_nano
    return end is not None and step.row.start_time_unix_nano >= end


def _told(chain: list[Step]) -> Iterator[Hint]:
    failures = [step for step in chain if _failed(step)]
    if len(chain) < 2:
        return
    times = "once" if len(chain) == 2 else f"{len(chain) - 1} times"
    gave_up = _failed(chain[-1])
    lost_ms = _lost_ms(chain, gave_up)
    reason = reason_of(failures[-1])
    until = "before the last one failed" if gave_up else "before one succeeded"
    yield Hint(
        "retried",
        f"{chain[0].row.reading.name} was retried {times}" + (" and still failed" if gave_up else ""),
        f"{len(failures)} of {len(chain)} attempts with the same input failed"
        + (f": {reason.rstrip('. ')}." if reason else ".")
        + (f" {duration(lost_ms)} passed {until}." if lost_ms >= LOST_MS_MIN else ""),
        ids(chain),
        {"attempts": len(chain), "failed": len(failures), "gave_up": gave_up, "lost_ms": lost_ms},
    )


def _lost_ms(chain: Sequence[Step], gave_up: bool) -> float:
    """The time from the first attempt to the one that worked, or to the end. It includes the pauses between them, which often
    are most of it."""
    last = chain[-1].row
    until = last.end_time_unix_nano if gave_up else last.start_time_unix_nano
    return ((until or last.start_time_unix_nano) - chain[0].row.start_time_unix_nano) / 1e6
