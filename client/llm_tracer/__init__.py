"""LLM Tracer: see what your LLM program did.

    from llm_tracer import span, trace

    @trace
    async def answer(question: str) -> str:
        with span("chat", kind="llm", model="gpt-5", input=question) as s:
            reply = await client.chat(question)
            s.set_output(reply.text, input_tokens=reply.input_tokens, output_tokens=reply.output_tokens)
        return reply.text

Importing this costs no more than the standard library's threading. Nothing is read or started before the first Tracer
is made or used.
"""

# First: with `span` after it, type checkers take that name for the function and not for this module.
from .recording.span import Span  # isort: skip
from .default_tracer import (
    current_span,
    flush,
    get_tracer,
    score,
    session,
    set_tracer,
    shutdown,
    span,
    start_span,
    trace,
)
from .integrations import instrument, uninstrument
from .recording.context import SpanContext, continue_trace, copy_context, inject
from .tracer import Tracer
from .values.redact import Redact
from .version import __version__

__all__ = [
    "Redact",
    "Span",
    "SpanContext",
    "Tracer",
    "__version__",
    "continue_trace",
    "copy_context",
    "current_span",
    "flush",
    "get_tracer",
    "inject",
    "instrument",
    "score",
    "session",
    "set_tracer",
    "shutdown",
    "span",
    "start_span",
    "trace",
    "uninstrument",
]
