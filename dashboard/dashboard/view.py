"""What the pages say, as pure values: texts for the connection's states, the first snippets, the keys.

No Reflex, no clock, no I/O. What is drawn from bulk data (rows, bars, messages) is formatted where it is drawn, in
the scripts of `components`.
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
    """The keys of one place. `page`: the one that has them, None for those of all pages."""

    title: str
    page: str | None
    keys: list[Key]


OUR_SDK: Final = "pip install ./client  # from a checkout of LLM Tracer"
"""It is in no package index, where its name might be somebody else's."""

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
            blocks=["\n".join([*own, OUR_SDK]), SDK_EXAMPLE],
        ),
        Snippet(
            id="instrument",
            title="Your libraries",
            note="OpenAI, Anthropic, LangChain, LlamaIndex and others in Python, without changing your code.",
            blocks=[
                "\n".join(
                    [*own, OUR_SDK, "pip install openinference-instrumentation-openai opentelemetry-sdk"]
                ),
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
            title=place,
            page=PAGE_OF.get(place),
            keys=[Key(keys=keys, does=does) for keys, does in of_place.items()],
        )
        for place, of_place in KEYS.items()
    ]


KEYS: Final[dict[str, dict[str, str]]] = {
    "Everywhere": {
        "/": "Query box",
        "Ctrl+K": "Command palette: pages, traces, views, any id (⌘ K on a Mac)",
        "?": "This help",
        "Esc": "Close, clear focus, go back",
    },
    "Query box": {
        "↓ ↑": "Next, previous completion",
        "Tab": "Accept the completion",
        "Enter": "Search; a trace or span id opens it",
        "Esc": "Close completions; undo; leave the box",
    },
    "Traces": {
        "j k ↓ ↑": "Next, previous trace",
        "Home End": "First, last loaded trace",
        "PgUp PgDn": "Fifteen traces up, down",
        "e E": "Next, previous trace with an error",
        "Enter": "Open the trace at the match",
        "Space": "Peek: preview beside the list",
        "f": "Show or hide the facets",
        "x": "Mark the trace",
        "=": "Compare the two marked traces",
        "y": "Copy the id, or the ids of marked traces",
        "Y": "Copy a link to this list",
        "p": "Pause or resume live updates",
        "r": "Show new traces; refresh",
        "Drag": "On the histogram: zoom",
    },
    "Facets": {
        "Tab": "Into the facets, and past them",
        "↓ ↑": "Next, previous value",
        "← →": "Previous, next facet",
        "Home End": "First, last",
        "Enter": "Filter by this value, or remove it; fold the facet",
        "Alt+Enter": "Exclude this value (or Alt+click)",
    },
    "Spans": {
        "j k ↓ ↑": "Next, previous span",
        "Home End": "First, last loaded span",
        "PgUp PgDn": "Fifteen spans up, down",
        "e E": "Next, previous failed span",
        "Enter": "Open its trace at this span",
        "Space": "Peek: preview beside the list",
        "y Y": "Copy the id; a link to this list",
        "p r": "Pause or resume; show new spans",
    },
    "Sessions": {
        "j k ↓ ↑": "Next, previous session",
        "Home End": "First, last loaded session",
        "PgUp PgDn": "Fifteen sessions up, down",
        "e E": "Next, previous session with an error",
        "Enter": "Open the session",
        "u": "List the users instead",
        "y Y": "Copy the id; a link to this list",
        "p r": "Pause or resume; show new sessions",
    },
    "Users": {
        "j k ↓ ↑": "Next, previous user",
        "Home End": "First, last user",
        "Enter": "List the user's sessions",
        "u": "List the sessions instead",
        "p": "Pause or resume live updates",
    },
    "Overview": {
        "j k ↓ ↑": "Next, previous row",
        "Home End": "First, last row",
        "Enter": "Open what the row leads to",
        "p": "Pause or resume live updates",
    },
    "Errors": {
        "j k ↓ ↑": "Next, previous failure",
        "Home End": "First, last failure",
        "Enter": "Open the latest one at the failing span",
        "o": "List its traces",
        "Space": "Show which names and models it affects",
        "p": "Pause or resume live updates",
    },
    "Patterns": {
        "j k ↓ ↑": "Next, previous pattern",
        "Home End": "First, last pattern",
        "Enter": "List its traces",
        "o": "Open an example",
        "p": "Pause or resume live updates",
    },
    "Ingest": {
        "j k ↓ ↑": "Next, previous row",
        "Home End": "First, last row",
        "Enter": "Narrow down to the sender; show what was refused",
        "Space": "Show what was refused, and why",
        "e": "Refused requests only, or all",
        "p": "Pause or resume live updates",
    },
    "Settings": {
        "j k ↓ ↑": "Next, previous row",
        "Home End": "First, last row",
    },
    "Charts": {
        "← →": "Next, previous column",
        "↑ ↓": "Next, previous part of a column",
    },
    "Trace": {
        "1 … 6": "Tree, chat, transcript, graph, table, raw",
        "j k ↓ ↑": "Next, previous row (chat: call; graph: span)",
        "h l ← →": "Tree: fold or go to the parent; unfold or go to the first child",
        "Space": "Tree: fold or unfold the row",
        "[ ]": "Tree: fold all, unfold all",
        "{ }": "Tree: show one level fewer, one more",
        "e E": "Next, previous error",
        ". ,": "Next, previous LLM call",
        "t T": "Next, previous with the same name",
        "/": "Find in the trace",
        "n N": "Next, previous match",
        "v V": "Next, previous tab of the span",
        "r": "Raw span, and back",
        "J K": "Next, previous trace in the list",
        "Home End": "First, last row",
        "y": "Copy a link to this view",
        "p": "Pause or resume a running trace",
        "= +": "Compare the trace, or the selected span, with another",
        "Esc": "Back to the same place in the list",
    },
    "Session": {
        "j k ↓ ↑": "Next, previous turn",
        "Home End": "First, last turn",
        "PgUp PgDn": "Fifteen turns up, down",
        "e E": "Next, previous turn with an error",
        "Enter": "Open the turn's trace",
        "1 2": "Conversation only, with steps",
        "z": "Cut out or show pauses",
        "y": "Copy a link to the turn",
        "Esc": "Back to the list",
    },
    "Compare": {
        "d": "Go to the first divergence",
        "n N": "Next, previous difference",
        "j k ↓ ↑": "Next, previous row",
        "o": "Show only rows that differ, or all",
        "Home End": "First, last row",
        "PgUp PgDn": "Twenty rows up, down",
        "a b": "Open the span in A, in B",
        "Enter": "Open the span in B, or in A if it is only there",
        "s": "Swap A and B",
        "r": "Compare again",
        "y": "Copy a link to this view",
        "Esc": "Back to where you came from",
    },
    "Timeline": {
        "w s": "Zoom in, zoom out",
        "a d": "Pan left, pan right",
        "f": "Fit the selected span; press again for all",
        "z": "Cut out or show idle time",
        "c": "Underline the critical path",
        "Ctrl+wheel": "Zoom at the pointer",
        "Shift+drag": "Pan",
        "Drag": "On the ruler: zoom. On the bars: mark a time range",
        "Double-click": "On a bar: fit it. Elsewhere: show all",
    },
}
"""What keys do, by place, both in the order of the help."""

PAGE_OF: Final[dict[str, str]] = {
    "Traces": "traces",
    "Facets": "traces",
    "Spans": "spans",
    "Sessions": "sessions",
    "Users": "users",
    "Overview": "overview",
    "Charts": "overview",
    "Errors": "errors",
    "Patterns": "patterns",
    "Ingest": "ingest",
    "Settings": "settings",
    "Trace": "trace",
    "Session": "session",
    "Compare": "compare",
    "Timeline": "trace",
}
"""The page that has the keys of a place; those of other places are everywhere."""
