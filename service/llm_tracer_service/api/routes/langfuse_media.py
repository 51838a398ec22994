"""Pictures and sounds that Langfuse's SDKs send apart from their spans: announced, then uploaded to the address in the answer."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from msgspec.structs import asdict
from starlette.responses import Response

from llm_tracer_service.access.auth import key_sent_as_basic
from llm_tracer_service.api import answers
from llm_tracer_service.api.operation import Call, Operation, json_body
from llm_tracer_service.api.responses import json_response
from llm_tracer_service.errors import Problem
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import ingest
from llm_tracer_service.receiving.peers.langfuse.media import AnnounceMedium, UploadMedium, fragment_of_medium


def _announce(call: Call) -> Response:
    medium: AnnounceMedium = json_body(call, AnnounceMedium)
    if medium.trace_id is None:
        raise Problem(404, "LLM Tracer keeps media of traces only.", "Send `traceId`.")
    upload = UploadMedium(medium.trace_id, medium.content_type, medium.observation_id)
    sent = {name: value for name, value in asdict(upload).items() if value is not None}
    base = call.request.base_url
    # SDKs upload without a header of their own, as to a bucket. From the address, clients for HTTP make one.
    key = key_sent_as_basic(call.headers)
    host = f":{quote(key, safe='')}@{base.netloc}" if key else base.netloc
    address = f"{base.scheme}://{host}{base.path}api/public/media/{medium.id}?{urlencode(sent)}"
    return json_response(answers.MediumAnnounced(medium.id, address), call.headers, status=201)


def _upload(call: Call) -> Response:
    upload: UploadMedium = call.params
    ingest(
        call.service,
        call.project,
        call.source,
        lambda: Decoded([fragment_of_medium(call.path["media_id"], upload, call.sent)]),
    )
    return json_response({}, call.headers)


def _confirm(call: Call) -> Response:
    return json_response({}, call.headers)


OPERATIONS = [
    Operation(
        "POST",
        "/api/public/media",
        _announce,
        "Announce a picture or a sound as Langfuse's SDKs do",
        "The answer says where to upload it.",
        tag="Sending",
        need="write",
        body=AnnounceMedium,
        answer=answers.MediumAnnounced,
        status=201,
        refusals=(400, 404, 413, 415, 422),
    ),
    Operation(
        "PUT",
        "/api/public/media/{media_id}",
        _upload,
        "Upload a picture or a sound that was announced",
        "It joins the span that refers to it.",
        tag="Sending",
        need="write",
        params=UploadMedium,
        body_media=("application/octet-stream",),
        refusals=(400, 413, 422, 429, 503),
    ),
    Operation(
        "PATCH",
        "/api/public/media/{media_id}",
        _confirm,
        "What Langfuse's SDKs say after an upload",
        "It makes no difference here.",
        tag="Sending",
        need="write",
        refusals=(413,),
    ),
]
