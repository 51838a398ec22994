"""The attribute keys that the table knows, so that unknown ones can be shown to people who write a table."""

from __future__ import annotations

from collections.abc import Iterator

from llm_tracer_service.reading.dialects import Dialects, Source

# What OpenTelemetry says about any program: no convention about LLMs will ever map it.
_OF_ANY_PROGRAM = (
    "asgi.", "client.", "code.", "db.", "host.", "http.", "messaging.", "net.", "network.", "os.", "process.", "rpc.",
    "server.", "service.", "telemetry.", "thread.", "url.", "user_agent.",
)  # fmt: skip

# What the records of LangSmith's SDKs have besides: ids, the runtime, the feedback as it was sent. There is nothing to map.
_OF_RECORDS = ("langsmith.",)


class KnownKeys:
    """The span attribute keys that some rule of the table looks at."""

    def __init__(self, dialects: Dialects) -> None:
        sources = [source for sources in dialects.fields.values() for source in sources]
        sources += [rule.source for rule in dialects.kinds if rule.source is not None]
        self._exact = {key for source in sources for key in _exact_keys(source)}
        self._exact.update(key for rule in dialects.kinds for key in rule.has)
        prefixes = {source.key for source in sources if source.form == "prefix"}
        lists = {f"{source.key}." for source in sources if source.form == "list"}
        self._endings = tuple(sorted({source.key for source in sources if source.form == "family"}))
        self._prefixes = (*sorted(prefixes | lists), *_OF_ANY_PROGRAM, *_OF_RECORDS)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and (
            key in self._exact or key.startswith(self._prefixes) or key.endswith(self._endings)
        )


def _exact_keys(source: Source) -> Iterator[str]:
    if source.form == "message":
        yield from source.members
    elif source.form in ("exact", "named") and source.place == "span":
        yield source.key
    if source.condition is not None and source.condition.attribute is not None:
        yield source.condition.attribute
