"""What the pages say, as pure values: texts for the connection's states, the first snippets, the keys.

No Reflex, no clock, no I/O. What is drawn from bulk data (rows, bars, messages) is formatted where it is drawn, in
the `.js` files beside the components.
"""

from __future__ import annotations

from typing import Final, Literal, TypedDict

HealthState = Literal["connecting", "connected", "disconnected", "unhealthy", "refused"]


class Health(TypedDict):
    """The badge in the top bar. `state` determines shape and colour; `advice` is empty if there is nothing to do.

    last_span_at: RFC 3339; empty before the first span and while not connected.
    """

    state: HealthState
    label: str
    detail: str
    advice: str
    last_span_at: str


class Snippet(TypedDict):
    """A way to the first trace: blocks of text that are copied one by one, without a final newline."""

    id: str
    title: str
    note: str
    blocks: list[str]


class Key(TypedDict):
    """A line of the help: the keys as labelled on the keyboard, and what they do."""

    keys: str
    does: str


class KeyGroup(TypedDict):
    """The keys of one place."""

    title: str
    keys: list[Key]


SDK_EXAMPLE: Final = """\
from llm_tracer import Tracer, span

tracer = Tracer()
with span("chat", kind="llm", model="gpt-4o-mini", input="What is a span?") as s:
    s.set_output("One step of a trace.", input_tokens=12, output_tokens=6)
tracer.flush()"""

INSTRUMENT_EXAMPLE: Final = """\
import llm_tracer

print(llm_tracer.instrument())  # before the first model call; prints what was found"""

OPENINFERENCE_EXAMPLE: Final = """\
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter("{url}/v1/traces")))
OpenAIInstrumentor().instrument(tracer_provider=provider)"""


def health(state: HealthState, api_url: str, detail: str = "", last_span_at: str | None = None) -> Health:
    """The badge for a state of the connection to the Tracer API. `detail` is the reason, in one line."""
    port = api_url.rsplit(":", 1)[-1] if api_url.rsplit(":", 1)[-1].isdigit() else "8001"
    match state:
        case "connected":
            label, told, advice = "Connected", api_url, ""
        case "disconnected":
            label = "Disconnected"
            told = f"The Tracer API at {api_url} (TRACER_API_URL) does not answer{_because(detail)}."
            advice = (
                f"Start it with `llm-tracer up`, or `llm-tracer serve --port {port}` for the API alone. "
                "If it runs elsewhere, set TRACER_API_URL to its address and start the dashboard again."
            )
        case "unhealthy":
            label = "Unhealthy"
            told = f"The Tracer API at {api_url} answers, but reports a problem{_because(detail)}."
            advice = (
                "Look at the terminal or log of `llm-tracer serve` for the reason: a full disk or an unreachable "
                "store is the usual one. If something else listens on this address, correct TRACER_API_URL."
            )
        case "refused":
            label = "Key refused"
            told = f"The Tracer API at {api_url} refused the dashboard's key{_because(detail)}."
            advice = (
                "Set TRACER_API_KEY to a key that may read, in the environment or in .env, and start the "
                "dashboard again. `llm-tracer keys create` makes one."
            )
        case _:
            label, told, advice = "Connecting", f"Asking {api_url} …", ""
    return Health(state=state, label=label, detail=told, advice=advice, last_span_at=last_span_at or "")


def _because(detail: str) -> str:
    """The reason in brackets, or nothing.

    >>> _because("HTTP 500"), _because("")
    (' (HTTP 500)', '')
    """
    return f" ({detail})" if detail else ""


def snippets(api_url: str) -> list[Snippet]:
    """Ways to the first trace, ready to be copied, for the Tracer API at `api_url`."""
    local = api_url in ("http://127.0.0.1:8001", "http://localhost:8001")
    shown = api_url.replace("127.0.0.1", "localhost")
    own = [] if local else [f"export TRACER_API_URL={api_url}"]
    return [
        Snippet(
            id="sdk",
            title="Python SDK",
            note="A with block around what you want to see, or the decorator @trace for a function.",
            blocks=["\n".join([*own, "pip install llm-tracer"]), SDK_EXAMPLE],
        ),
        Snippet(
            id="instrument",
            title="Your libraries",
            note="OpenAI, Anthropic, LangChain, LlamaIndex and others in Python, without changing your code.",
            blocks=[
                "\n".join([*own, "pip install llm-tracer openinference-instrumentation-openai"]),
                INSTRUMENT_EXAMPLE,
            ],
        ),
        Snippet(
            id="otel",
            title="OpenTelemetry",
            note="Any program that exports OpenTelemetry, in any language. That includes OpenLLMetry, the Vercel AI SDK and others.",
            blocks=[
                f"export OTEL_EXPORTER_OTLP_ENDPOINT={shown}\n"
                "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
            ],
        ),
        Snippet(
            id="openinference",
            title="OpenInference",
            note="The instrumentations of Arize Phoenix, as they are.",
            blocks=[
                "pip install openinference-instrumentation-openai opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
                OPENINFERENCE_EXAMPLE.replace("{url}", shown),
            ],
        ),
        Snippet(
            id="demo",
            title="Demo traces",
            note="No program yet? This sends recorded traces of several kinds, even offline.",
            blocks=["\n".join([*own, "llm-tracer demo"])],
        ),
    ]


def key_groups() -> list[KeyGroup]:
    """All keys, by place, in the order of the help."""
    return [
        KeyGroup(
            title="Everywhere",
            keys=[
                Key(keys="/", does="Query box"),
                Key(keys="Ctrl+K", does="Commands: pages, traces, views, any id (⌘ K on a Mac)"),
                Key(keys="?", does="This help"),
                Key(keys="Esc", does="Close, clear the focus, go back"),
            ],
        ),
        KeyGroup(
            title="Query box",
            keys=[
                Key(keys="↓ ↑", does="Next, previous completion"),
                Key(keys="Tab", does="Accept the completion"),
                Key(keys="Enter", does="Search; the id of a trace or span opens it"),
                Key(keys="Esc", does="Close the completions; undo; leave"),
            ],
        ),
        KeyGroup(
            title="Traces",
            keys=[
                Key(keys="j k ↓ ↑", does="Next, previous trace"),
                Key(keys="e E", does="Next, previous trace with an error"),
                Key(keys="Enter", does="Open the trace, at what was found"),
                Key(keys="Space", does="Peek: look at it beside the list"),
                Key(keys="f", does="Show or fold the facets"),
                Key(keys="x", does="Mark the trace"),
                Key(keys="=", does="Compare the two marked traces"),
                Key(keys="y", does="Copy the id, or those of the marked"),
                Key(keys="Y", does="Copy the link to this list"),
                Key(keys="p", does="Pause, or follow live"),
                Key(keys="r", does="Show new traces, refresh"),
                Key(keys="Home End", does="First, last loaded trace"),
                Key(keys="Drag", does="On the bars over time: zoom"),
            ],
        ),
        KeyGroup(
            title="Facets",
            keys=[
                Key(keys="Tab", does="To the facets, and past them"),
                Key(keys="↓ ↑", does="Next, previous value"),
                Key(keys="← →", does="Previous, next facet"),
                Key(keys="Home End", does="First, last"),
                Key(keys="Enter", does="Only this value, or remove it; fold the facet"),
                Key(keys="Alt+Enter", does="Exclude this value; so does Alt+click"),
            ],
        ),
        KeyGroup(
            title="Spans",
            keys=[
                Key(keys="j k ↓ ↑", does="Next, previous span"),
                Key(keys="e E", does="Next, previous one in error"),
                Key(keys="Enter", does="Open its trace, at this span"),
                Key(keys="Space", does="Peek: look at it beside the list"),
                Key(keys="y Y", does="Copy the id, the link to this list"),
                Key(keys="p r", does="Pause or follow; show new spans"),
            ],
        ),
        KeyGroup(
            title="Overview, errors, patterns, ingest, settings",
            keys=[
                Key(keys="j k ↓ ↑", does="Next, previous row"),
                Key(keys="Enter", does="Open what the row leads to"),
                Key(keys="o", does="Errors: its traces. Patterns: an example"),
                Key(keys="Space", does="Errors: whom it affects. Ingest: what was refused"),
                Key(keys="e", does="Ingest: only what was refused, or all"),
                Key(keys="p", does="Pause, or follow live"),
            ],
        ),
        KeyGroup(
            title="A chart",
            keys=[
                Key(keys="← →", does="Next, previous column"),
                Key(keys="↑ ↓", does="The parts of a column"),
            ],
        ),
        KeyGroup(
            title="Trace",
            keys=[
                Key(keys="1 … 6", does="Tree, chat, transcript, graph, table, raw"),
                Key(
                    keys="j k ↓ ↑",
                    does="Next, previous row; in the chat the next call, in the graph the next span",
                ),
                Key(keys="h l ← →", does="Tree: fold, unfold; to the parent, to the first child"),
                Key(keys="Space", does="Tree: fold or unfold the row"),
                Key(keys="[ ]", does="Tree: fold all, unfold all"),
                Key(keys="{ }", does="Tree: one level less, one more"),
                Key(keys="e E", does="Next, previous error"),
                Key(keys=". ,", does="Next, previous LLM call"),
                Key(keys="t T", does="Next, previous of the same name"),
                Key(keys="/", does="Find in the trace"),
                Key(keys="n N", does="Next, previous match"),
                Key(keys="v V", does="Next, previous tab of the span"),
                Key(keys="r", does="The span raw, and back"),
                Key(keys="J K", does="Next, previous trace of the list"),
                Key(keys="Home End", does="First, last row"),
                Key(keys="y", does="Copy the link to what is seen"),
                Key(keys="p", does="Pause a running trace, or follow it"),
                Key(keys="= +", does="Compare the trace, the selected span with another"),
                Key(keys="Esc", does="Back to the list, at the same place"),
            ],
        ),
        KeyGroup(
            title="Sessions",
            keys=[
                Key(keys="j k", does="Next, previous session, user or turn"),
                Key(keys="e E", does="Next, previous one with an error"),
                Key(keys="Enter", does="Open the session; the trace of the turn"),
                Key(keys="u", does="The users, and back to the sessions"),
                Key(keys="1 2", does="Conversation only, with steps"),
                Key(keys="z", does="Cut the pauses out, or show them"),
                Key(keys="y", does="Copy the id, the link to the turn"),
            ],
        ),
        KeyGroup(
            title="Compare",
            keys=[
                Key(keys="d", does="To the first divergence"),
                Key(keys="n N", does="Next, previous difference"),
                Key(keys="j k ↓ ↑", does="Next, previous row"),
                Key(keys="o", does="Only rows that differ, or all"),
                Key(keys="Home End", does="First, last row"),
                Key(keys="a b", does="Open the span in A, in B"),
                Key(keys="Enter", does="Open the span in B, or where it is"),
                Key(keys="s", does="Swap A and B"),
                Key(keys="y", does="Copy the link to what is seen"),
                Key(keys="Esc", does="Back to where you came from"),
            ],
        ),
        KeyGroup(
            title="Timeline",
            keys=[
                Key(keys="w s", does="Zoom in, zoom out"),
                Key(keys="a d", does="Pan left, pan right"),
                Key(keys="f", does="Fit the selected span; again: all"),
                Key(keys="z", does="Cut idle time out, or show it"),
                Key(keys="c", does="Underline what was waited for"),
                Key(keys="Ctrl+wheel", does="Zoom at the pointer"),
                Key(keys="Shift+drag", does="Pan"),
                Key(keys="Drag", does="On the ruler: zoom. Among the bars: mark a stretch"),
                Key(keys="Double-click", does="Fit a bar; beside bars: all"),
            ],
        ),
    ]
