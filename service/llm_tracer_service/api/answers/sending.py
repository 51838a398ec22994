"""The answers to senders."""

from __future__ import annotations

from msgspec import Struct

from llm_tracer_service.api.answers.statuses import Code, Status


class RejectedSpan(Struct, frozen=True):
    """A span that was refused; `index` counts the spans of the body from 0."""

    index: int
    reason: str


class BatchResult(Struct, frozen=True, omit_defaults=True):
    """The outcome of a batch. `note` says what is odd about spans that were accepted."""

    accepted: int
    rejected: list[RejectedSpan]
    note: str = ""


class TraceOpened(Struct, frozen=True):
    """The id of a new trace."""

    trace_id: str


class SpanOpened(Struct, frozen=True):
    """The id of a new span."""

    span_id: str


class TraceCompleted(Struct, frozen=True):
    """A trace and its status now."""

    trace_id: str
    status: Status


class SpanCompleted(Struct, frozen=True):
    """A span and the status with which it ended."""

    span_id: str
    status: Code


class LangSmithBatches(Struct, frozen=True):
    """How LangSmith's SDKs may put runs together. The names are theirs; so are the values, but for the size."""

    size_limit_bytes: int
    use_multipart_endpoint: bool = True
    size_limit: int = 100
    scale_up_qsize_trigger: int = 200
    scale_up_nthreads_limit: int = 4
    scale_down_nempty_trigger: int = 4


class LangSmithInfo(Struct, frozen=True):
    """What LangSmith's SDKs ask before they send. No `version`: it would be one of LangSmith's."""

    batch_ingest_config: LangSmithBatches
    instance_flags: dict[str, bool]

    @classmethod
    def of(cls, size_limit_bytes: int) -> LangSmithInfo:
        """That bodies may be compressed, and how large they may be otherwise."""
        return cls(
            LangSmithBatches(size_limit_bytes), {"zstd_compression_enabled": True, "gzip_body_enabled": True}
        )


class LangSmithKept(Struct, frozen=True):
    """That everything is kept. LangSmith's SDKs read only the status."""

    message: str = "Kept"
