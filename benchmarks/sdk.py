"""What tracing costs the program: caller CPU, process CPU, bytes on the wire, import, memory, packages.

    python benchmarks/sdk.py            # the table; five to ten minutes
    python benchmarks/sdk.py --quick
    python benchmarks/sdk.py --outage   # the latency of one traced call with a server, without one, and with one that hangs

The unit of work is one trace of six spans: a root, three model calls with 2 KB in and 1 KB out and their token counts,
two tools. Beside `llm_tracer` runs `opentelemetry-sdk` with its batch processor and OTLP/HTTP exporter, doing the same
work in the same run, and a floor that only keeps the content. Every measurement is a process of its own with a real
server on loopback beside it. CPU time (of the calling thread; of the process), net of the same program untraced;
the best of the repetitions, since other programs only ever make it slower.
"""

from __future__ import annotations

import argparse
import asyncio
import contextvars
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SPANS = 6
WORDS = (Path(__file__).read_text().split() * 2)[:1200]


def text_of(size: int, seed: int) -> str:
    """Prose-like text that differs from span to span, so that it compresses as real content does."""
    chosen = random.Random(seed)
    return " ".join(chosen.choices(WORDS, k=size // 4))[:size]


CONTENTS = [
    (
        [{"role": "system", "content": text_of(500, 0)}, {"role": "user", "content": text_of(1500, seed)}],
        text_of(1024, -seed),
    )
    for seed in range(1, 4001)
]


Unit = Callable[[int], None]


# ---- the same work four times


def nothing() -> tuple[Unit, Callable[[], None]]:
    """The same program untraced: it makes what the others trace."""

    def unit(number: int) -> None:
        _question = {"question": number}
        for turn in range(3):
            _prompt, _reply = CONTENTS[(number * 3 + turn) % len(CONTENTS)]
            if turn < 2:
                _query, _found = {"query": "everest", "turn": turn}, {"hits": [1, 2, 3]}

    return unit, lambda: None


def floor() -> tuple[Unit, Callable[[], None]]:
    """A context variable, two looks at the clock and a deque: what no tracer can do without."""
    current: contextvars.ContextVar[Any] = contextvars.ContextVar("current", default=None)
    kept: deque[Any] = deque(maxlen=1000)

    def piece(content: Any) -> None:
        before = current.get()
        current.set(content)
        start_ns = time.time_ns()
        current.set(before)
        kept.append((start_ns, time.time_ns(), content))

    def unit(number: int) -> None:
        for _ in range(SPANS):
            piece(CONTENTS[number % len(CONTENTS)])

    return unit, lambda: None


def ours() -> tuple[Unit, Callable[[], None]]:
    import llm_tracer
    from llm_tracer import span

    def unit(number: int) -> None:
        with span("answer", kind="agent", input={"question": number}) as root:
            for turn in range(3):
                prompt, reply = CONTENTS[(number * 3 + turn) % len(CONTENTS)]
                with span("chat", kind="llm", model="gpt-5", input=prompt) as call:
                    call.set_output(reply, input_tokens=500 + turn, output_tokens=200)
                if turn < 2:
                    with span("search", kind="tool", input={"query": "everest", "turn": turn}) as tool:
                        tool.set_output({"hits": [1, 2, 3]})
            root.set_output("done")

    def finish() -> None:
        if not llm_tracer.flush(60.0):
            raise SystemExit("not everything was delivered")

    return unit, finish


def opentelemetry() -> tuple[Unit, Callable[[], None]]:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    exporter = OTLPSpanExporter(endpoint=os.environ["TRACER_API_URL"] + "/v1/traces")
    provider.add_span_processor(
        BatchSpanProcessor(exporter, max_queue_size=1_000_000, schedule_delay_millis=500)
    )
    trace.set_tracer_provider(provider)
    start = trace.get_tracer("bench").start_as_current_span

    def unit(number: int) -> None:
        with start("answer") as root:
            root.set_attribute("openinference.span.kind", "AGENT")
            root.set_attribute("input.value", json.dumps({"question": number}))
            for turn in range(3):
                prompt, reply = CONTENTS[(number * 3 + turn) % len(CONTENTS)]
                with start("chat") as call:
                    call.set_attribute("gen_ai.operation.name", "chat")
                    call.set_attribute("gen_ai.request.model", "gpt-5")
                    call.set_attribute("gen_ai.input.messages", json.dumps(prompt))
                    call.set_attribute("gen_ai.output.messages", reply)
                    call.set_attribute("gen_ai.usage.input_tokens", 500 + turn)
                    call.set_attribute("gen_ai.usage.output_tokens", 200)
                if turn < 2:
                    with start("search") as tool:
                        tool.set_attribute("gen_ai.operation.name", "execute_tool")
                        tool.set_attribute("input.value", json.dumps({"query": "everest", "turn": turn}))
                        tool.set_attribute("output.value", json.dumps({"hits": [1, 2, 3]}))
            root.set_attribute("output.value", "done")

    def finish() -> None:
        if not provider.force_flush(60_000):
            raise SystemExit("not everything was delivered")

    return unit, finish


def off() -> tuple[Unit, Callable[[], None]]:
    os.environ["TRACER_ENABLED"] = "false"
    return ours()


SUBJECTS = {
    "nothing": nothing,
    "floor": floor,
    "llm_tracer": ours,
    "llm_tracer, off": off,
    "opentelemetry-sdk": opentelemetry,
}


# ---- how it is run

CHUNK_UNITS = 200
"""So many traces (4 MB) go by before what they made is flushed, untimed for the caller: no queue overflows, and what
is compared is work that was done, not work that was dropped."""


def burst(unit: Unit, numbers: range) -> None:
    for number in numbers:
        unit(number)


def paced(unit: Unit, numbers: range) -> None:
    for number in numbers:
        unit(number)
        time.sleep(0.002)


def tasks(unit: Unit, numbers: range) -> None:
    async def worker(own: range) -> None:
        for number in own:
            unit(number)
            await asyncio.sleep(0)

    async def all_of_them() -> None:
        await asyncio.gather(*(worker(numbers[first::50]) for first in range(50)))

    asyncio.run(all_of_them())


WAYS = {"burst": burst, "paced": paced, "asyncio": tasks}


def measure(subject: str, way: str, units: int) -> dict[str, float]:
    """In a process of its own: µs of CPU a span."""
    unit, finish = SUBJECTS[subject]()
    burst(unit, range(20))
    finish()
    process_before, caller_ns = time.process_time_ns(), 0
    for first in range(0, units, CHUNK_UNITS):
        before = time.thread_time_ns()
        WAYS[way](unit, range(first, min(first + CHUNK_UNITS, units)))
        caller_ns += time.thread_time_ns() - before
        finish()
    process_ns = time.process_time_ns() - process_before
    return {
        "caller_us": caller_ns / 1e3 / units / SPANS,
        "process_us": process_ns / 1e3 / units / SPANS,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


class Counting(BaseHTTPRequestHandler):
    """Takes everything, counts the bytes."""

    protocol_version = "HTTP/1.1"
    received_bytes = 0

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.rfile.read(length)
        type(self).received_bytes += length
        answer = b'{"accepted": 0, "rejected": []}'  # without it, it would not be the Tracer API
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def serve() -> None:
    """The server is a process too, so that its work is nobody's: prints its port, and its bytes when told to end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    print(server.server_port, flush=True)
    import threading

    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    print(Counting.received_bytes, flush=True)


def run(subject: str, way: str, units: int) -> dict[str, float]:
    me = str(Path(__file__).resolve())
    server = subprocess.Popen(
        [sys.executable, me, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    arguments = [sys.executable, me, "--measure", subject, way, str(units)]
    with tempfile.TemporaryDirectory() as spool:
        environment = {
            **os.environ, "TRACER_API_URL": url, "OTEL_SERVICE_NAME": "bench", "TRACER_SPOOL": f"{spool}/spool"
        }  # fmt: skip
        answer = subprocess.run(arguments, env=environment, capture_output=True, text=True, check=True)
    received, _ = server.communicate()
    figures: dict[str, float] = json.loads(answer.stdout)
    figures["bytes"] = int(received) / ((units + 20) * SPANS)
    return figures


def best(subject: str, way: str, units: int, repetitions: int) -> dict[str, float]:
    runs = [run(subject, way, units) for _ in range(repetitions)]
    return {key: min(figures[key] for figures in runs) for key in runs[0]}


def import_ms(module: str, repetitions: int) -> float:
    """CPU time of the import alone, in a fresh interpreter; on a machine with nothing else to do it is the wall time."""
    code = f"import time; t = time.process_time(); import {module}; print((time.process_time() - t) * 1e3)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(repetitions)
    ]
    return min(float(result.stdout) for result in runs)


MODULES = {
    "llm_tracer": "llm_tracer",
    "opentelemetry-sdk": "opentelemetry.sdk.trace.export, opentelemetry.exporter.otlp.proto.http.trace_exporter",
}
DISTRIBUTIONS = {"llm_tracer": "llm-tracer", "opentelemetry-sdk": "opentelemetry-exporter-otlp-proto-http"}


def installed(distribution: str) -> tuple[int, float]:
    """How many packages an installation of this one brings, and their MiB."""
    from importlib.metadata import PackageNotFoundError, files
    from importlib.metadata import distribution as found

    from packaging.requirements import Requirement

    wanted, names = [distribution], dict[str, float]()
    while wanted:
        name = wanted.pop().lower().replace("_", "-")
        if name in names:
            continue
        try:
            requirements = map(Requirement, found(name).requires or ())
        except PackageNotFoundError:
            continue
        paths = [Path(str(file.locate())) for file in files(name) or ()]
        names[name] = sum(path.stat().st_size for path in paths if path.is_file()) / 2**20
        wanted += [
            one.name for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    own = Path(__file__).parent.parent / "client" / "llm_tracer"  # installed as a link here
    sources = sum(path.stat().st_size for path in own.rglob("*.py")) / 2**20 if "llm-tracer" in names else 0.0
    return len(names), sum(names.values()) + sources


def table(units: int, repetitions: int) -> None:
    baseline = {way: best("nothing", way, units, repetitions) for way in WAYS}
    print(
        "µs of CPU a span, net of the untraced program; bytes on the wire a span; MB of memory at the most, net"
    )
    print(
        f"{'':20}{'burst':>8}{'paced':>8}{'asyncio':>9}{'process':>9}{'bytes':>8}{'import ms':>11}{'RSS':>6}"
        f"{'packages / MiB':>16}"
    )
    net: dict[str, dict[str, float]] = {}
    for subject in SUBJECTS:
        if subject == "nothing":
            continue
        found = {
            way: best(subject, way, units if way != "paced" else units // 4, repetitions) for way in WAYS
        }
        costs = {way: found[way]["caller_us"] - baseline[way]["caller_us"] for way in WAYS}
        costs["process"] = found["burst"]["process_us"] - baseline["burst"]["process_us"]
        net[subject] = costs
        imported = f"{import_ms(MODULES[subject], repetitions):.0f}" if subject in MODULES else ""
        packages = (
            "{} / {:.1f}".format(*installed(DISTRIBUTIONS[subject])) if subject in DISTRIBUTIONS else ""
        )
        print(
            f"{subject:20}{costs['burst']:8.2f}{costs['paced']:8.2f}{costs['asyncio']:9.2f}{costs['process']:9.1f}"
            f"{found['burst']['bytes']:8.0f}{imported:>11}"
            f"{found['burst']['rss_mb'] - baseline['burst']['rss_mb']:6.0f}{packages:>16}"
        )
    ours_net, theirs_net = net["llm_tracer"], net["opentelemetry-sdk"]
    ratios = ", ".join(f"{way} 1/{theirs_net[way] / ours_net[way]:.1f}" for way in ours_net)
    print(f"llm_tracer to opentelemetry-sdk: {ratios}")


# ---- while the server is away


def latencies(units: int) -> list[float]:
    """In a process of its own: wall µs of one traced unit of six spans, 1 ms apart."""
    unit, _ = ours()
    burst(unit, range(20))
    found = []
    for number in range(units):
        began = time.perf_counter()
        unit(number)
        found.append((time.perf_counter() - began) * 1e6)
        time.sleep(0.001)
    return found


def outage(units: int) -> None:
    """The percentiles beside each other: a program must not feel whether somebody takes its spans."""
    import socket

    me = str(Path(__file__).resolve())
    hanging = socket.create_server(("127.0.0.1", 0), backlog=1)
    server = subprocess.Popen(
        [sys.executable, me, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    ports = {"a server": int(server.stdout.readline()), "nobody": 9, "hanging": hanging.getsockname()[1]}
    print(f"wall µs of one traced unit of {SPANS} spans\n{'':12}{'p50':>8}{'p95':>8}{'p99':>8}")
    for name, port in ports.items():
        with tempfile.TemporaryDirectory() as spool:
            environment = {
                **os.environ, "TRACER_API_URL": f"http://127.0.0.1:{port}", "TRACER_SPOOL": f"{spool}/spool"
            }  # fmt: skip
            answer = subprocess.run(
                [sys.executable, me, "--latencies", str(units)],
                env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
        found = sorted(json.loads(answer.stdout))
        p50, p95, p99 = (found[int(len(found) * share)] for share in (0.5, 0.95, 0.99))
        print(f"{name:12}{p50:8.0f}{p95:8.0f}{p99:8.0f}")
    server.communicate()
    hanging.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--outage", action="store_true", help="the latency with and without a server")
    parser.add_argument("--latencies", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
    elif options.latencies:
        print(json.dumps(latencies(options.latencies)))
    elif options.outage:
        outage(500 if options.quick else 3000)
    elif options.measure:
        subject, way, units = options.measure
        print(json.dumps(measure(subject, way, int(units))))
    else:
        table(*((1000, 2) if options.quick else (3000, 3)))


if __name__ == "__main__":
    main()
