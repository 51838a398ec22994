"""Pictures and sounds that Langfuse's SDKs upload apart from their spans, put back where a text refers to them."""

from __future__ import annotations

import re
from dataclasses import replace

from llm_tracer.model.span import SpanData, Value

PREFIX = "langfuse.media."
HAS_MEDIA = "langfuse.media"
"""The attribute that tells at a glance that others begin with PREFIX, and end with the id of a medium."""

_REFERENCE = re.compile(r"@@@langfuseMedia:type=[^|@]{0,128}\|id=([\w-]{1,64})\|source=\w{0,32}@@@")


def with_media(span: SpanData) -> SpanData:
    """The span as its program wrote it, with data URLs in place of references to what has been uploaded."""
    if HAS_MEDIA not in span.attributes:
        return span
    attributes = span.attributes

    def medium(found: re.Match[str]) -> str:
        uploaded = attributes.get(f"{PREFIX}{found[1]}")
        return uploaded if isinstance(uploaded, str) else found[0]

    def whole(value: Value) -> Value:
        return (
            _REFERENCE.sub(medium, value) if isinstance(value, str) and "@@@langfuseMedia" in value else value
        )

    return replace(span, attributes={key: whole(value) for key, value in attributes.items()})
