"""OTLP over gRPC: the same ingest path as `/v1/*`, for exporters that have nothing else. Needs the extra `grpc`.

A refusal has the gRPC code of the same meaning (errors.py). If it may pass by itself, google.rpc.RetryInfo comes with it:
only then do exporters repeat RESOURCE_EXHAUSTED. The key is asked for before anything of the body is read.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import grpc

from llm_tracer_service.access.auth import Grant
from llm_tracer_service.errors import Problem, problem_of
from llm_tracer_service.media import PROTOBUF
from llm_tracer_service.receiving.decoded import Decoded
from llm_tracer_service.receiving.ingest import Source, ingest
from llm_tracer_service.receiving.objects import objects_max_of
from llm_tracer_service.service import Service
from llm_tracer_service.serving.connection import PATIENCE_S
from llm_tracer_service.serving.server import GRACE_S, PortInUse

if TYPE_CHECKING:
    from llm_tracer_service.receiving.otlp import Signal

Handle: TypeAlias = Callable[[bytes, grpc.ServicerContext], bytes]

log = logging.getLogger("llm_tracer_service")

_WORKERS = 8
"""Each receives one message, which gRPC holds before anything here can refuse it."""

_CONNECTION_S_MAX = 600
"""Exporters make a new connection then. It ends those that send a message a byte at a time, which gRPC has no limit for."""

_MESSAGE_BYTES_MAX = 2**31 - 1
"""The largest limit that gRPC takes."""

_TEXT_CHARS_MAX = 1_000
"""Clients accept 8 KB of trailers, which contain the text twice. If it is longer, they see another code and do not try again."""
_SERVICES = {
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}


@contextmanager
def receiving(service: Service, host: str, port: int) -> Iterator[int]:
    """Receives on a port (0: any free one) while the block runs; yields the port. Without TLS, like the HTTP ports.

    Raises PortInUse.
    """
    server = grpc.server(
        ThreadPoolExecutor(_WORKERS, "grpc"),
        handlers=[_handlers_of(service)],
        options=[
            ("grpc.so_reuseport", 0),  # otherwise two services could share a port, and each receive half
            ("grpc.max_receive_message_length", min(service.settings.max_body_bytes, _MESSAGE_BYTES_MAX)),
            ("grpc.max_connection_age_ms", _CONNECTION_S_MAX * 1000),
            ("grpc.max_connection_age_grace_ms", int(PATIENCE_S * 1000)),
        ],
    )
    try:
        held = server.add_insecure_port(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
    except RuntimeError:
        raise PortInUse(host, port) from None
    server.start()
    try:
        yield held
    finally:
        server.stop(GRACE_S).wait()


def _handlers_of(service: Service) -> grpc.GenericRpcHandler:
    from llm_tracer_service.receiving.otlp import SIGNALS

    signals = {f"/{name}/Export": (name, SIGNALS[signal]) for signal, name in _SERVICES.items()}

    class Handlers(grpc.GenericRpcHandler):
        def service(self, details: Any) -> Any:
            if details.method not in signals:
                return None
            name, signal = signals[details.method]
            headers = {key: value for key, value in details.invocation_metadata if isinstance(value, str)}
            try:
                grant = service.gate.admit(headers, "write")
            except Exception as fault:
                return _refusing(name, fault)
            # Requests and answers are bytes: the decoders of `/v1/*` read them, so that no generated classes are needed.
            return grpc.unary_unary_rpc_method_handler(_export(service, grant, headers, name, signal))

    return Handlers()


def _refusing(name: str, fault: Exception) -> Any:
    """What answers a call without reading its message: streams are read by those who want them."""

    def handle(_: Iterator[bytes], context: grpc.ServicerContext) -> None:
        _refuse(context, name, fault)

    return grpc.stream_unary_rpc_method_handler(handle)


def _export(service: Service, grant: Grant, headers: Mapping[str, str], name: str, signal: Signal) -> Handle:
    def handle(body: bytes, context: grpc.ServicerContext) -> bytes:
        source = Source(f"grpc:{name}", headers.get("user-agent"), len(body))
        try:
            with service.room.share() as share:

                def decoded() -> Decoded:
                    share.take(len(body))
                    share.before_decoding(len(body))
                    return signal.decode(body, PROTOBUF, objects_max_of(service.settings.max_body_bytes))

                kept = ingest(service, grant.project, source, decoded)
        except Exception as fault:
            _refuse(context, name, fault)
            raise AssertionError from fault  # `abort` does not return
        return signal.encode_response(PROTOBUF, len(kept.rejected), kept.refusal_text)

    return handle


def _refuse(context: grpc.ServicerContext, name: str, fault: Exception) -> None:
    from llm_tracer_service.receiving.otlp import encode_status

    problem = problem_of(fault)
    if problem.status == 500:
        request_id = secrets.token_hex(8)
        log.error("request %s failed: grpc %s", request_id, name, exc_info=fault)
        problem = Problem(500, problem.detail, f"See request {request_id} in the log.")
    text = problem.text[:_TEXT_CHARS_MAX]
    status = encode_status(PROTOBUF, problem.grpc_code, text, problem.retry_after_s)
    context.set_trailing_metadata((("grpc-status-details-bin", status),))
    context.abort(_CODES[problem.grpc_code], text)


_CODES = {code.value[0]: code for code in grpc.StatusCode}
