"""The shapes of the answers (docs/api.md): what the OpenAPI document is generated from, and what render.py fills.

Times are RFC 3339 UTC with nanoseconds, durations milliseconds, cost US dollars. None is "not known", never 0.
What is answered just as it is computed (a Hint, a ToolLink, a Delta, …) has its one type where it is computed.
"""

from __future__ import annotations

from llm_tracer_service.api.answers.changes import Changes, Deleted
from llm_tracer_service.api.answers.compare import (
    ComparedMessage,
    ComparedParameter,
    ComparedRow,
    ComparedSpan,
    Comparison,
    ContentComparison,
    Difference,
    Differences,
    Divergence,
    JsonChange,
    SpanSide,
    TraceSide,
)
from llm_tracer_service.api.answers.configuration import Configuration, KeyInfo, Keys, Mapping, SettingInForce
from llm_tracer_service.api.answers.explanation import (
    Explanation,
    SpansExplanation,
    SpansWithoutCondition,
    WithoutCondition,
)
from llm_tracer_service.api.answers.figures import Figures, Latency, SpanCost, Usage
from llm_tracer_service.api.answers.hints import Hints
from llm_tracer_service.api.answers.keeping import BytesByKind, Pin, Storage
from llm_tracer_service.api.answers.langfuse import (
    EventKept,
    EventRefused,
    EventsTaken,
    MediumAnnounced,
    NamedPeer,
    PeerHealth,
    PeerProject,
    PeerProjects,
    ScoreRefused,
    ScoresAccepted,
    ScoresTaken,
)
from llm_tracer_service.api.answers.operating import (
    Health,
    IngestLog,
    IngestRecord,
    ProblemDetails,
    Refusal,
    SenderTotals,
    UnmappedKey,
)
from llm_tracer_service.api.answers.opik import OpikHealth, OpikVersion, OpikWorkspace
from llm_tracer_service.api.answers.prices import Prices, PriceSource, UnpricedModel
from llm_tracer_service.api.answers.replay import Replay
from llm_tracer_service.api.answers.scores import LabelCount, ScoreFigures, ScoreKept, Scores
from llm_tracer_service.api.answers.sending import (
    BatchResult,
    LangSmithInfo,
    LangSmithKept,
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
    SessionOutline,
    SessionSummary,
    ToolUse,
    Turn,
)
from llm_tracer_service.api.answers.spans import (
    Event,
    Fingerprints,
    Link,
    Message,
    Scope,
    SpanDetail,
    SpanList,
    Subtree,
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
from llm_tracer_service.api.answers.transcript import Transcript
