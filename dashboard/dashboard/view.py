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
    """The keys of one place. `pages`: the beginnings of the paths of the pages that have them; none for those of all pages."""

    title: str
    pages: list[str]
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
            told = f"The Tracer API at {api_url} (TRACER_API_URL) is not responding{_because(detail)}."
            advice = (
                f"Start it with `llm-tracer up`, or `llm-tracer serve --port {port}` for the API alone. "
                "If it runs elsewhere, set TRACER_API_URL to its address and restart the dashboard."
            )
        case "unhealthy":
            label = "Unhealthy"
            told = f"The Tracer API at {api_url} is responding, but reports a problem{_because(detail)}."
            advice = (
                "Check the terminal or log of `llm-tracer serve` for the reason, usually a full disk or an unreachable "
                "store. If something else is listening on this address, correct TRACER_API_URL."
            )
        case "refused":
            label = "Key refused"
            told = f"The Tracer API at {api_url} refused the dashboard's key{_because(detail)}."
            advice = (
                "Set TRACER_API_KEY to a key with read access, in the environment or in .env, and restart the "
                "dashboard. Create a key with `llm-tracer keys create`."
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
            note="Put a with block around what you want to see, or decorate a function with @trace.",
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
            note="Any program that exports OpenTelemetry, in any language, including OpenLLMetry and the Vercel AI SDK.",
            blocks=[
                f"export OTEL_EXPORTER_OTLP_ENDPOINT={shown}\n"
                "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
            ],
        ),
        Snippet(
            id="openinference",
            title="OpenInference",
            note="The Arize Phoenix instrumentations, unchanged.",
            blocks=[
                "pip install openinference-instrumentation-openai opentelemetry-sdk opentelemetry-exporter-otlp-proto-http",
                OPENINFERENCE_EXAMPLE.replace("{url}", shown),
            ],
        ),
        Snippet(
            id="demo",
            title="Demo traces",
            note="No program yet? Send recorded traces of several kinds; works offline.",
            blocks=["\n".join([*own, "llm-tracer demo"])],
        ),
    ]


def key_groups() -> list[KeyGroup]:
    """All keys, by place, in the order of the help."""
    return [
        KeyGroup(
            title="Everywhere",
            pages=[],
            keys=[
                Key(keys="/", does="Query box"),
                Key(keys="Ctrl+K", does="Command palette: pages, traces, views, any id (⌘ K on a Mac)"),
                Key(keys="?", does="This help"),
                Key(keys="Esc", does="Close, clear focus, go back"),
            ],
        ),
        KeyGroup(
            title="Query box",
            pages=[],
            keys=[
                Key(keys="↓ ↑", does="Next, previous completion"),
                Key(keys="Tab", does="Accept the completion"),
                Key(keys="Enter", does="Search; a trace or span id opens it"),
                Key(keys="Esc", does="Close completions; undo; leave the box"),
            ],
        ),
        KeyGroup(
            title="Traces",
            pages=["traces"],
            keys=[
                Key(keys="j k ↓ ↑", does="Next, previous trace"),
                Key(keys="e E", does="Next, previous trace with an error"),
                Key(keys="Enter", does="Open the trace at the match"),
                Key(keys="Space", does="Peek: preview beside the list"),
                Key(keys="f", does="Show or hide the facets"),
                Key(keys="x", does="Mark the trace"),
                Key(keys="=", does="Compare the two marked traces"),
                Key(keys="y", does="Copy the id, or the ids of marked traces"),
                Key(keys="Y", does="Copy a link to this list"),
                Key(keys="p", does="Pause or resume live updates"),
                Key(keys="r", does="Show new traces; refresh"),
                Key(keys="Home End", does="First, last loaded trace"),
                Key(keys="Drag", does="On the histogram: zoom"),
            ],
        ),
        KeyGroup(
            title="Facets",
            pages=["traces"],
            keys=[
                Key(keys="Tab", does="Into the facets, and past them"),
                Key(keys="↓ ↑", does="Next, previous value"),
                Key(keys="← →", does="Previous, next facet"),
                Key(keys="Home End", does="First, last"),
                Key(keys="Enter", does="Filter by this value, or remove it; fold the facet"),
                Key(keys="Alt+Enter", does="Exclude this value (or Alt+click)"),
            ],
        ),
        KeyGroup(
            title="Spans",
            pages=["spans"],
            keys=[
                Key(keys="j k ↓ ↑", does="Next, previous span"),
                Key(keys="e E", does="Next, previous failed span"),
                Key(keys="Enter", does="Open its trace at this span"),
                Key(keys="Space", does="Peek: preview beside the list"),
                Key(keys="y Y", does="Copy the id; a link to this list"),
                Key(keys="p r", does="Pause or resume; show new spans"),
            ],
        ),
        KeyGroup(
            title="Overview, errors, patterns, ingest, settings",
            pages=["overview", "errors", "patterns", "ingest", "settings"],
            keys=[
                Key(keys="j k ↓ ↑", does="Next, previous row"),
                Key(keys="Enter", does="Open what the row leads to"),
                Key(keys="o", does="Errors: list its traces. Patterns: open an example"),
                Key(keys="Space", does="Errors: what it affects. Ingest: what was refused"),
                Key(keys="e", does="Ingest: refused requests only, or all"),
                Key(keys="p", does="Pause or resume live updates"),
            ],
        ),
        KeyGroup(
            title="Charts",
            pages=["overview"],
            keys=[
                Key(keys="← →", does="Next, previous column"),
                Key(keys="↑ ↓", does="Next, previous part of a column"),
            ],
        ),
        KeyGroup(
            title="Trace",
            pages=["trace"],
            keys=[
                Key(keys="1 … 6", does="Tree, chat, transcript, graph, table, raw"),
                Key(
                    keys="j k ↓ ↑",
                    does="Next, previous row (chat: call; graph: span)",
                ),
                Key(keys="h l ← →", does="Tree: fold or go to the parent; unfold or go to the first child"),
                Key(keys="Space", does="Tree: fold or unfold the row"),
                Key(keys="[ ]", does="Tree: fold all, unfold all"),
                Key(keys="{ }", does="Tree: show one level fewer, one more"),
                Key(keys="e E", does="Next, previous error"),
                Key(keys=". ,", does="Next, previous LLM call"),
                Key(keys="t T", does="Next, previous with the same name"),
                Key(keys="/", does="Find in the trace"),
                Key(keys="n N", does="Next, previous match"),
                Key(keys="v V", does="Next, previous tab of the span"),
                Key(keys="r", does="Raw span, and back"),
                Key(keys="J K", does="Next, previous trace in the list"),
                Key(keys="Home End", does="First, last row"),
                Key(keys="y", does="Copy a link to this view"),
                Key(keys="p", does="Pause or resume a running trace"),
                Key(keys="= +", does="Compare the trace, or the selected span, with another"),
                Key(keys="Esc", does="Back to the same place in the list"),
            ],
        ),
        KeyGroup(
            title="Sessions",
            pages=["sessions", "session"],
            keys=[
                Key(keys="j k", does="Next, previous session, user or turn"),
                Key(keys="e E", does="Next, previous with an error"),
                Key(keys="Enter", does="Open the session; open the turn's trace"),
                Key(keys="u", does="Switch between users and sessions"),
                Key(keys="1 2", does="Conversation only, with steps"),
                Key(keys="z", does="Cut out or show pauses"),
                Key(keys="y", does="Copy the id; a link to the turn"),
            ],
        ),
        KeyGroup(
            title="Compare",
            pages=["compare"],
            keys=[
                Key(keys="d", does="Go to the first divergence"),
                Key(keys="n N", does="Next, previous difference"),
                Key(keys="j k ↓ ↑", does="Next, previous row"),
                Key(keys="o", does="Show only rows that differ, or all"),
                Key(keys="Home End", does="First, last row"),
                Key(keys="a b", does="Open the span in A, in B"),
                Key(keys="Enter", does="Open the span in B, or in A if it is only there"),
                Key(keys="s", does="Swap A and B"),
                Key(keys="y", does="Copy a link to this view"),
                Key(keys="Esc", does="Back to where you came from"),
            ],
        ),
        KeyGroup(
            title="Timeline",
            pages=["trace"],
            keys=[
                Key(keys="w s", does="Zoom in, zoom out"),
                Key(keys="a d", does="Pan left, pan right"),
                Key(keys="f", does="Fit the selected span; press again for all"),
                Key(keys="z", does="Cut out or show idle time"),
                Key(keys="c", does="Underline the critical path"),
                Key(keys="Ctrl+wheel", does="Zoom at the pointer"),
                Key(keys="Shift+drag", does="Pan"),
                Key(keys="Drag", does="On the ruler: zoom. On the bars: mark a time range"),
                Key(keys="Double-click", does="On a bar: fit it. Elsewhere: show all"),
            ],
        ),
    ]
