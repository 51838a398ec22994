"""Pictures and sounds, which SDKs upload apart from their spans: each becomes an attribute of the span that refers to it. Pure."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from typing import Annotated

from llm_tracer.model.place import record_id
from llm_tracer.model.span import SpanData
from msgspec import Meta, Struct

from llm_tracer_service.malformed import MalformedBody
from llm_tracer_service.receiving.peers.ids import span_id_of, trace_id_of

_ID_CHARS = 22
_MIME_TYPE = re.compile(r"[\w.+-]{1,63}/[\w.+-]{1,63}")


class AnnounceMedium(Struct, rename="camel"):
    """`POST /api/public/media`: what is to be uploaded, and for which trace or observation. Other members do not matter."""

    content_type: str
    sha256_hash: Annotated[str, Meta(pattern="^[A-Za-z0-9+/_-]{43}=?$")]
    trace_id: str | None = None
    observation_id: str | None = None

    @property
    def id(self) -> str:
        """The id that the SDK has written into its span: it follows from the hash."""
        return self.sha256_hash.replace("+", "-").replace("/", "_")[:_ID_CHARS]


class UploadMedium(Struct, forbid_unknown_fields=True):
    """The parameters of `PUT /api/public/media/{media_id}`, as the announcement was answered with them."""

    trace_id: Annotated[str, Meta(description="The trace.")]
    content_type: Annotated[str, Meta(description="The type of the medium.")]
    observation_id: Annotated[str | None, Meta(description="The observation; none: the trace.")] = None


def fragment_of_medium(media_id: str, upload: UploadMedium, body: bytes) -> SpanData:
    """What a medium adds to its span. Raises MalformedBody for bytes that are not those of this id."""
    if urlsafe_b64encode(sha256(body).digest()).decode()[:_ID_CHARS] != media_id:
        raise MalformedBody("The body is not what was announced")
    trace_id = trace_id_of(upload.trace_id)
    span_id = span_id_of(upload.observation_id) if upload.observation_id else record_id(trace_id)
    sent_type = (
        upload.content_type if _MIME_TYPE.fullmatch(upload.content_type) else "application/octet-stream"
    )
    data_url = f"data:{sent_type};base64,{b64encode(body).decode()}"
    return SpanData(
        trace_id,
        span_id,
        "",
        None,
        attributes={"langfuse.media": True, f"langfuse.media.{media_id}": data_url},
    )
