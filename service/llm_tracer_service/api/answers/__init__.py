"""The shapes of the answers (docs/api.md): what the OpenAPI document is generated from, and what render.py fills.

Times are RFC 3339 UTC with nanoseconds, durations milliseconds, cost US dollars. None is "not known", never 0.
"""

from __future__ import annotations

from llm_tracer_service.api.answers.changes import (
    Changes,
    Deleted,
)
from llm_tracer_service.api.answers.explanation import (
    Explanation,
    WithoutCondition,
)
from llm_tracer_service.api.answers.figures import (
    Figures,
    Latency,
    SpanCost,
    TraceCost,
    Usage,
)
from llm_tracer_service.api.answers.keeping import (
    BytesByKind,
    Pin,
    Storage,
)
from llm_tracer_service.api.answers.operating import (
    Health,
    IngestLog,
    IngestRecord,
    ProblemDetails,
    Refusal,
    RefusedSpan,
    SenderTotals,
    UnmappedKey,
)
from llm_tracer_service.api.answers.prices import (
    Prices,
    PriceSource,
    UnpricedModel,
)
from llm_tracer_service.api.answers.replay import Replay
from llm_tracer_service.api.answers.sending import (
    BatchResult,
    RejectedSpan,
    SpanCompleted,
    SpanOpened,
    TraceCompleted,
    TraceOpened,
)
from llm_tracer_service.api.answers.sessions import (
    SaidMessage,
    SessionDetail,
    SessionList,
    SessionSummary,
    Turn,
)
from llm_tracer_service.api.answers.spans import (
    DefinitionPlace,
    Delta,
    Event,
    Fingerprints,
    Link,
    Message,
    Place,
    Scope,
    SpanDetail,
    SpanList,
    Subtree,
    ToolLink,
)
from llm_tracer_service.api.answers.stats import (
    ErrorGroup,
    Errors,
    Facet,
    Facets,
    FacetValue,
    FieldInfo,
    Fields,
    Group,
    PatternGroup,
    Patterns,
    Point,
    Stats,
)
from llm_tracer_service.api.answers.statuses import Code, State, Status
from llm_tracer_service.api.answers.traces import (
    Hit,
    Hits,
    Note,
    Score,
    Skeleton,
    SpanError,
    SpanRow,
    TraceDetail,
    TraceError,
    TraceList,
    TraceSummary,
)
from llm_tracer_service.api.answers.transcript import Line, Transcript

__all__ = [
    "BatchResult",
    "BytesByKind",
    "Changes",
    "Code",
    "DefinitionPlace",
    "Deleted",
    "Delta",
    "ErrorGroup",
    "Errors",
    "Event",
    "Explanation",
    "Facet",
    "FacetValue",
    "Facets",
    "FieldInfo",
    "Fields",
    "Figures",
    "Fingerprints",
    "Group",
    "Health",
    "Hit",
    "Hits",
    "IngestLog",
    "IngestRecord",
    "Latency",
    "Line",
    "Link",
    "Message",
    "Note",
    "PatternGroup",
    "Patterns",
    "Pin",
    "Place",
    "Point",
    "PriceSource",
    "Prices",
    "ProblemDetails",
    "Refusal",
    "RefusedSpan",
    "RejectedSpan",
    "Replay",
    "SaidMessage",
    "Scope",
    "Score",
    "SenderTotals",
    "SessionDetail",
    "SessionList",
    "SessionSummary",
    "Skeleton",
    "SpanCompleted",
    "SpanCost",
    "SpanDetail",
    "SpanError",
    "SpanList",
    "SpanOpened",
    "SpanRow",
    "State",
    "Stats",
    "Status",
    "Storage",
    "Subtree",
    "ToolLink",
    "TraceCompleted",
    "TraceCost",
    "TraceDetail",
    "TraceError",
    "TraceList",
    "TraceOpened",
    "TraceSummary",
    "Transcript",
    "Turn",
    "UnmappedKey",
    "UnpricedModel",
    "Usage",
    "WithoutCondition",
]
