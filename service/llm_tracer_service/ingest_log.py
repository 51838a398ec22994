"""What came of the last requests that brought spans: so that a person sees why something does not arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

REQUESTS_MAX = 1_000
PROJECTS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one request. `refused` counts spans by reason; for a body that was refused whole, the body.

    `source` is the path it came by, `convention` what its spans seem to be written in, `size_bytes` what travelled.
    `lost` spans were lost at the sender before this request, by its own count; `is_spooled`: it waited on its disk.
    """

    time_unix_nano: int
    source: str
    status: int
    user_agent: str | None = None
    convention: str | None = None
    accepted: int = 0
    dropped: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    size_bytes: int = 0
    lost: int = 0
    is_spooled: bool = False


class IngestLog:
    """The last outcomes of each project, in memory."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: dict[str, deque[Outcome]] = {}

    def add(self, project: str, outcome: Outcome) -> None:
        with self._lock:
            if project not in self._of and len(self._of) >= PROJECTS_MAX:
                del self._of[next(iter(self._of))]
            self._of.setdefault(project, deque(maxlen=REQUESTS_MAX)).append(outcome)

    def last(self, project: str, limit: int) -> Sequence[Outcome]:
        """The newest first."""
        with self._lock:
            return list(islice(reversed(self._of.get(project, ())), limit))


# What gives a convention away, most telling first: the first word of an attribute key.
_CONVENTION_OF = {
    "llm_tracer": "llm-tracer",
    "langfuse": "langfuse",
    "mlflow": "mlflow",
    "logfire": "logfire",
    "langsmith": "langsmith",
    "lmnr": "laminar",
    "braintrust": "braintrust",
    "agentops": "agentops",
    "genkit": "genkit",
    "ai": "vercel-ai",
    "openinference": "openinference",
    "traceloop": "openllmetry",
    "llm": "openinference",
    "gen_ai": "otel-genai",
}


def convention_of(attribute_keys: Iterable[str]) -> str | None:
    """What convention spans with these keys are written in; None where no key tells."""
    words = {key.partition(".")[0].partition(":")[0] for key in attribute_keys}
    return next((name for word, name in _CONVENTION_OF.items() if word in words), None)
