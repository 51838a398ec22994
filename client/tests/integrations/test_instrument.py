"""`instrument()` in programs of their own, with small distributions that look like the real ones to Python.

Real libraries and instrumentations: tests/instrumented/ of the whole.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from recording_server import AT_LEISURE, RecordingServer, run_program

INSTRUMENTOR = """
from opentelemetry import trace

class Instrumentor:
    is_instrumented_by_opentelemetry = False

    def instrument(self, tracer_provider=None, **options):
        import fake_library

        tracer = trace.get_tracer("{name}", tracer_provider=tracer_provider)
        self.before = fake_library.call

        def call():
            with tracer.start_as_current_span("{name}"):
                pass

        fake_library.call = call

    def uninstrument(self):
        import fake_library

        fake_library.call = self.before
"""


ALONE = """
from importlib import metadata

# What the tools of the tests bring along (mcp) is no library of the program.
version = metadata.version

def of_the_program(name):
    if name == "mcp":
        raise metadata.PackageNotFoundError(name)
    return version(name)

metadata.version = of_the_program
"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder of packages that the program finds: openai (a fake library) and what a test adds."""
    (tmp_path / "fake_library.py").write_text("def call():\n    pass\n")
    (tmp_path / "alone.py").write_text(ALONE)
    add(tmp_path, "openai", "3.0")
    return tmp_path


def add(folder: Path, name: str, version: str, entry_point: str = "", code: str = "") -> None:
    """An installed distribution, with an instrumentor where `entry_point` names one."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if entry_point:
        module = name.replace("-", "_")
        (info / "entry_points.txt").write_text(
            f"[opentelemetry_instrumentor]\n{entry_point} = {module}:Instrumentor\n"
        )
        (folder / f"{module}.py").write_text(code or INSTRUMENTOR.format(name=name))


def run(program: str, server: RecordingServer, folder: Path, **environment: str) -> str:
    program = "import alone\n" + AT_LEISURE + textwrap.dedent(program)
    ended = run_program(program, server.url, folder, **environment)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_preferred_instrumentation_is_used_and_no_other(server: RecordingServer, packages: Path) -> None:
    add(packages, "opentelemetry-instrumentation-openai", "0.62.4", "openai")
    add(packages, "opentelemetry-instrumentation-genai-openai", "1.3b0", "openai")
    add(packages, "openinference-instrumentation-openai", "0.1.66", "openai")
    program = """
        import fake_library, llm_tracer
        with llm_tracer.span("before"):
            pass
        print(llm_tracer.instrument())
        print(llm_tracer.instrument().on)
        with llm_tracer.span("ours"):
            fake_library.call()
    """
    assert run(program, server, packages) == (
        "on  openai 3.0  openinference-instrumentation-openai 0.1.66\n('openai',)\n"
    )
    assert server.names() == ["before", "openinference-instrumentation-openai", "ours"]
    theirs = next(span for span in server.ended if span["name"].startswith("openinference"))
    assert (
        theirs["parent_span_id"] == next(span for span in server.ended if span["name"] == "ours")["span_id"]
    )
    assert "resource" not in theirs, "the resource is that of the process, which the request says once"


def test_what_was_switched_on_is_switched_off(server: RecordingServer, packages: Path) -> None:
    add(packages, "openinference-instrumentation-openai", "0.1.66", "openai")
    program = """
        import fake_library, llm_tracer
        from opentelemetry import trace
        llm_tracer.instrument()
        llm_tracer.uninstrument()
        fake_library.call()
        trace.get_tracer("another").start_span("left out").end()
        llm_tracer.instrument("openai")
        fake_library.call()
    """
    run(program, server, packages)
    assert server.names() == ["openinference-instrumentation-openai"]


def test_the_provider_of_the_program_is_used(server: RecordingServer, packages: Path) -> None:
    add(packages, "openinference-instrumentation-openai", "0.1.66", "openai")
    program = """
        import fake_library, llm_tracer
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor
        from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

        provider = TracerProvider(resource=Resource({"service.name": "shop"}))
        kept = InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(kept))
        trace.set_tracer_provider(provider)
        llm_tracer.instrument()
        llm_tracer.instrument()
        assert trace.get_tracer_provider() is provider
        fake_library.call()
        print(len(kept.get_finished_spans()))
    """
    assert run(program, server, packages) == "1\n"
    (sent,) = server.ended
    assert sent["resource"] == {"service.name": "shop"}


def test_a_conversation_in_more_than_128_attributes_is_kept_whole(
    server: RecordingServer, packages: Path
) -> None:
    program = """
        import llm_tracer
        from opentelemetry import trace
        llm_tracer.instrument()
        with trace.get_tracer("x").start_as_current_span("long") as long:
            long.set_attributes({f"llm.input_messages.{number}.message.content": "…" for number in range(500)})
    """
    run(program, server, packages)
    (sent,) = server.ended
    assert len(sent["attributes"]) == 500


def test_what_is_missing_is_said_with_the_command(server: RecordingServer, packages: Path) -> None:
    add(packages, "anthropic", "0.80")
    program = """
        import llm_tracer
        print(llm_tracer.instrument())
        print(llm_tracer.instrument().missing)
        print(llm_tracer.instrument("openia"))
    """
    assert run(program, server, packages).splitlines() == [
        "missing  anthropic 0.80  pip install openinference-instrumentation-anthropic",
        "missing  openai 3.0      pip install openinference-instrumentation-openai",
        "('anthropic', 'openai')",
        "Not installed, or not known here: openia.",
        "missing  anthropic 0.80  pip install openinference-instrumentation-anthropic",
        "missing  openai 3.0      pip install openinference-instrumentation-openai",
    ]


def test_one_that_fails_does_not_stop_the_others_or_the_program(
    server: RecordingServer, packages: Path
) -> None:
    broken = "class Instrumentor:\n    def instrument(self, **options):\n        raise RuntimeError('openai 3 is not known')\n"
    add(packages, "openinference-instrumentation-openai", "0.1.66", "openai", broken)
    add(packages, "anthropic", "0.80")
    add(packages, "openinference-instrumentation-anthropic", "3.1.0", "anthropic")
    program = """
        import fake_library, llm_tracer
        for found in llm_tracer.instrument().findings:
            print(found.library, found.state, found.advice)
        fake_library.call()
    """
    assert (
        run(program, server, packages) == "anthropic on \nopenai failed RuntimeError: openai 3 is not known\n"
    )
    assert server.names() == ["openinference-instrumentation-anthropic"]


def test_opentelemetrys_own_says_which_variable_shows_messages(
    server: RecordingServer, packages: Path
) -> None:
    add(packages, "opentelemetry-instrumentation-genai-openai", "1.3b0", "openai")
    program = "import llm_tracer\nprint(llm_tracer.instrument().findings[0].advice)"
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    assert run(program, server, packages) == f"set {variable}=span_only to see messages\n"
    assert run(program, server, packages, **{variable: "span_only"}) == "\n"


def test_an_instrumentation_of_a_library_that_is_not_in_the_table_is_used(
    server: RecordingServer, packages: Path
) -> None:
    add(packages, "openinference-instrumentation-brandnew", "0.1", "brandnew")
    program = """
        import fake_library, llm_tracer
        print(llm_tracer.instrument().on)
        fake_library.call()
    """
    assert run(program, server, packages) == "('brandnew',)\n"
    assert server.names() == ["openinference-instrumentation-brandnew"]


def test_where_tracing_is_off_nothing_is_touched(server: RecordingServer, packages: Path) -> None:
    add(packages, "openinference-instrumentation-openai", "0.1.66", "openai")
    program = """
        import fake_library, llm_tracer
        before = fake_library.call
        print(llm_tracer.instrument())
        assert fake_library.call is before
    """
    printed = run(program, server, packages, TRACER_ENABLED="false")
    assert printed.startswith("Tracing is off")
    assert "available  openai 3.0" in printed


def test_opentelemetry_switched_off_is_said(server: RecordingServer, packages: Path) -> None:
    program = "import llm_tracer\nprint(llm_tracer.instrument().problem)"
    printed = run(program, server, packages, OTEL_SDK_DISABLED="true")
    assert printed == "OTEL_SDK_DISABLED is true, so OpenTelemetry makes no spans: unset it.\n"


def test_the_sampling_of_the_tracer_holds_for_opentelemetry(server: RecordingServer, packages: Path) -> None:
    program = """
        import llm_tracer
        from opentelemetry import trace
        llm_tracer.Tracer(sample_rules={"health*": 0.0})
        llm_tracer.instrument()
        otel = trace.get_tracer("x")
        with otel.start_as_current_span("health check"), llm_tracer.span("ours"), otel.start_as_current_span("below"):
            pass
        with otel.start_as_current_span("checkout"):
            pass
    """
    run(program, server, packages)
    assert server.names() == ["checkout"]
