"""What a body of spans is written in, and which of its attribute keys nobody knows: by a look at two of its spans.

Programs send the same set of keys over and over, so what a set says is worked out once and remembered: 0.6 µs a span
that is looked at.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from llm_tracer.model.span import SpanData

_SHAPES_MAX = 2_000
_UNMAPPED_MAX = 20
_KEY_CHARS_MAX = 200

# What gives a convention away, most telling first: the first word of an attribute key.
_CONVENTION_OF = {
    "llm_tracer": "llm-tracer",
    "langfuse": "langfuse",
    "mlflow": "mlflow",
    "logfire": "logfire",
    "langsmith": "langsmith",
    "opik": "opik",
    "lmnr": "laminar",
    "braintrust": "braintrust",
    "agentops": "agentops",
    "genkit": "genkit",
    "ai": "vercel-ai",
    "openinference": "openinference",
    "traceloop": "openllmetry",
    "llm": "openinference",
    "gen_ai": "otel-genai",
    "openai": "openai-agents",  # last, since OpenTelemetry has keys that begin alike
}
_RANK = {name: rank for rank, name in enumerate(_CONVENTION_OF.values())}


@dataclass(frozen=True, slots=True)
class Survey:
    """What some spans say: their convention, None where no key tells, and keys that no table knows."""

    convention: str | None = None
    unmapped: tuple[str, ...] = ()


class Surveyor:
    """Looks at the first span of a body and at one more, another one each time."""

    def __init__(self, known_keys: Container[str]) -> None:
        self._known_keys = known_keys
        self._remembered = lru_cache(_SHAPES_MAX)(self._of_keys)
        self._turn = 0

    def of(self, spans: Sequence[SpanData]) -> Survey:
        """What the spans of one body say."""
        if not spans:
            return Survey()
        self._turn += 1
        first, other = (
            self._remembered(tuple(span.attributes)) for span in (spans[0], spans[self._turn % len(spans)])
        )
        if first is other:
            return first
        conventions = {first.convention, other.convention} - {None}
        convention = min(conventions, key=lambda name: _RANK[name or ""], default=None)
        unmapped = tuple(dict.fromkeys(first.unmapped + other.unmapped))
        return Survey(convention, unmapped[:_UNMAPPED_MAX])

    def _of_keys(self, keys: tuple[str, ...]) -> Survey:
        unmapped = [key[:_KEY_CHARS_MAX] for key in keys if key not in self._known_keys]
        return Survey(convention_of(keys), tuple(unmapped[:_UNMAPPED_MAX]))


def convention_of(attribute_keys: Iterable[str]) -> str | None:
    """What convention spans with these keys are written in; None where no key tells."""
    words = {key.partition(".")[0].partition(":")[0] for key in attribute_keys}
    return next((name for word, name in _CONVENTION_OF.items() if word in words), None)
