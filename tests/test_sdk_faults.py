"""Whatever the server or the disk does, the program does not notice, and what it traced arrives later, once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from faulty_server import FAULTS, FaultyServer
from running import Running, free_port, start_service, stopping
from sdk_programs import Ended, lost_of, names_of, run_program, spans_of
from waiting import until

needs_linux = pytest.mark.skipif(
    not os.path.isdir("/dev/shm"), reason="memory files and limits as Linux has them"
)

TRACES = 50

WORK = f"""
from llm_tracer import span
for number in range({TRACES}):
    with span("root"), span("llm", kind="llm", input="What is the tallest mountain? " * 50) as llm:
        llm.set_output(str(number) * 200)
    time.sleep(0.01)
"""

NEXT = """
from llm_tracer import flush, span
with span("next"): pass
flush(100.0)
"""

ARRIVED = {"root": TRACES, "llm": TRACES, "next": 1}


class Fault(NamedTuple):
    server: FaultyServer | None
    url: str
    """Where the program sends."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    with stopping(start_service(folder, env={"TRACER_SPOOL": str(folder / "spool")})) as running:
        yield running


@pytest.fixture(scope="module")
def faults(service: Running) -> Iterator[dict[str, Fault]]:
    """A server with each fault; a port where nobody listens; one with a certificate that nobody vouches for."""
    port = int(service.url.rpartition(":")[2])
    servers = {fault: FaultyServer(port, fault) for fault in FAULTS}
    servers["certificate"] = FaultyServer(port, None, is_tls=True)
    yield {
        **{name: Fault(server, server.url) for name, server in servers.items()},
        "refused": Fault(None, f"http://127.0.0.1:{free_port()}"),
    }
    for server in servers.values():
        server.close()


@pytest.fixture(scope="module")
def programs(
    faults: dict[str, Fault], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, tuple[Path, Future[Ended]]]]:
    """The same program before each fault, four at a time, each with a spool of its own."""
    with ThreadPoolExecutor(4) as pool:
        folders = {name: tmp_path_factory.mktemp(f"fault-{name}-") for name in faults}
        yield {
            name: (folders[name], pool.submit(run_program, WORK, folders[name], fault.url, f"fault-{name}"))
            for name, fault in faults.items()
        }


@pytest.mark.parametrize("name", [*FAULTS, "certificate", "refused"])
def test_the_program_does_not_notice_a_fault_of_the_server(
    name: str, programs: dict[str, tuple[Path, Future[Ended]]]
) -> None:
    _, future = programs[name]
    ended = future.result()
    assert (ended.code, ended.out) == (0, "")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("name", FAULTS)
def test_what_a_faulty_server_did_not_take_arrives_once_it_works(
    name: str, service: Running, faults: dict[str, Fault], programs: dict[str, tuple[Path, Future[Ended]]]
) -> None:
    folder, future = programs[name]
    future.result()
    server = faults[name].server
    assert server is not None
    assert server.requests
    if name != "413":  # this one never takes more than it does now: requests are split
        server.fault = None
    assert run_program(NEXT, folder, server.url, f"fault-{name}").code == 0
    spans = spans_of(service.url, f"fault-{name}")
    assert names_of(service.url, f"fault-{name}") == ARRIVED
    assert len({span["span_id"] for span in spans}) == len(spans)
    assert lost_of(service.url, f"fault-{name}") == 0
    assert not list((folder / "spool").glob("*.spool"))


def test_a_server_that_is_started_afterwards_fetches_what_was_traced_before(tmp_path: Path) -> None:
    """Nobody listens, the program ends, and no other one is run: `llm-tracer serve` alone."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    assert run_program(WORK, tmp_path, url, "before").code == 0
    with stopping(start_service(tmp_path, port, env={"TRACER_SPOOL": str(tmp_path / "spool")})):
        expected = {"root": TRACES, "llm": TRACES}
        until(lambda: names_of(url, "before") == expected)
        assert lost_of(url, "before") == 0


def test_a_program_goes_on_through_an_outage_and_delivers_by_itself(tmp_path: Path) -> None:
    """The server is away for the first half of the program's work, and comes back in the second."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = """
        from llm_tracer import flush, span
        for number in range(100):
            with span("root"), span("inner"): pass
            time.sleep(0.05)
            if number == 50: open("half", "w").close()
        assert flush(100.0)
        """
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run_program, program, tmp_path, url, "outage")
        until(lambda: (tmp_path / "half").exists() or running.done())
        # A spool that the service does not know: what arrives, the program itself delivered.
        with stopping(start_service(tmp_path, port, env={"TRACER_SPOOL": str(tmp_path / "other")})):
            ended = running.result()
            assert ended.code == 0, ended.err
            assert names_of(url, "outage") == {"root": 100, "inner": 100}


@needs_linux
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_without_a_disk_the_program_does_not_notice_and_what_is_lost_is_counted(
    fault: str, service: Running, tmp_path: Path
) -> None:
    """Nobody listens and nothing can be written: what was traced cannot survive, but its number does."""
    url = service.url
    port = int(url.rpartition(":")[2])
    server = FaultyServer(port, "500")
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))" if fault == "full" else ""
    program = f"""
        import glob, os, resource
        from llm_tracer import span
        with span("first"): pass
        def counts_lost_spans(): return any(os.path.realpath(each).endswith(".ledger") for each in glob.glob("/proc/self/fd/*"))
        while not counts_lost_spans(): time.sleep(0.01)
        {limit}
        for _ in range(100):
            with span("work"): pass
        """
    env = (
        {"TRACER_SPOOL": str(tmp_path / "spool")} if fault == "full" else {"TRACER_SPOOL": "/proc/self/spool"}
    )
    ended = run_program(program, tmp_path, server.url, fault, env)
    assert ended.code == 0, ended.err
    assert "Traceback" not in ended.err
    assert "memory" in ended.err
    server.fault = None
    assert run_program(NEXT, tmp_path, server.url, fault, env).code == 0
    arrived = names_of(url, fault)
    assert arrived["next"] == 1
    assert arrived.total() - 1 + lost_of(url, fault) == 101
    server.close()


@needs_linux
def test_a_home_that_cannot_be_written_leaves_the_temporary_folder(service: Running, tmp_path: Path) -> None:
    port = int(service.url.rpartition(":")[2])
    server = FaultyServer(port, "500")
    env = {"TRACER_SPOOL": "", "HOME": "/proc/self", "XDG_STATE_HOME": "", "TMPDIR": str(tmp_path)}
    ended = run_program(WORK, tmp_path, server.url, "home", env)
    assert ended.code == 0, ended.err
    server.fault = None
    assert run_program(NEXT, tmp_path, server.url, "home", env).code == 0
    assert names_of(service.url, "home") == ARRIVED
    server.close()


@needs_linux
def test_two_hundred_thousand_spans_without_a_server_stay_within_the_bounds(
    service: Running, tmp_path: Path
) -> None:
    """Memory grows by less than 64 MB, and what did not fit into it or on the disk is counted."""
    port = int(service.url.rpartition(":")[2])
    server = FaultyServer(port, "500")
    program = """
        import resource
        from llm_tracer import span
        with span("first"): pass
        time.sleep(0.3)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for number in range(100_000):
            with span("root"), span("llm", input=f"{number} " * 40): pass
        print("grown_mb", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
        """
    env = {"TRACER_SPOOL_MAX_BYTES": "1000000"}
    ended = run_program(program, tmp_path, server.url, "many", env)
    assert ended.code == 0, ended.err
    assert int(ended.out.split()[1]) < 64
    assert sum(file.stat().st_size for file in (tmp_path / "spool").iterdir()) <= 1_000_000
    server.fault = None
    assert run_program(NEXT, tmp_path, server.url, "many", env).code == 0
    arrived = len(spans_of(service.url, "many")) - 1
    assert 0 < arrived < 200_001
    assert arrived + lost_of(service.url, "many") == 200_001
    server.close()
