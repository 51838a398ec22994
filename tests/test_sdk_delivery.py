"""However a program ends, what it traced arrives: real processes, the real service, every span once."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from running import Running, start_service, stopping
from sdk_programs import Ended, lost_of, names_of, run_program, spans_of
from waiting import client_of, until


class Case(NamedTuple):
    """A program, the spans that have to arrive by name, and how it ends."""

    program: str
    arrives: dict[str, int]
    code: int = 0
    runs: tuple[str, ...] = ()
    """Those that were open when it ended: they are shown, as running and then as abandoned."""


CASES = {
    "normal-exit": Case(
        """
        from llm_tracer import span
        for _ in range(20):
            with span("root"), span("llm", kind="llm"), span("tool", kind="tool"): pass
        """,
        {"root": 20, "llm": 20, "tool": 20},
    ),
    "one-trace": Case(
        """
        from llm_tracer import span
        with span("root", input={"question": 1}) as root: root.set_output("answer")
        """,
        {"root": 1},
    ),
    "exit-in-a-thread-pool": Case(
        """
        import sys
        from concurrent.futures import ThreadPoolExecutor
        from llm_tracer import copy_context, span
        def work(number):
            with span("work"):
                time.sleep(0.05)
                sys.exit(3)
        pool = ThreadPoolExecutor(4)
        with span("root"):
            for number in range(20): pool.submit(copy_context(work), number)
        sys.exit(7)
        """,
        {"root": 1, "work": 20},
        7,
    ),
    "uncaught-exception": Case(
        """
        from llm_tracer import span
        with span("root"), span("inner"): raise ValueError("bad")
        """,
        {"root": 1, "inner": 1},
        1,
    ),
    "sigterm": Case(
        """
        import os, signal
        from llm_tracer import span
        with span("root"):
            with span("done"): pass
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(30)
        """,
        {"done": 1},
        -signal.SIGTERM,
        ("root",),
    ),
    "hard-exit-after-flush": Case(
        """
        import os
        from llm_tracer import flush, span
        for _ in range(10):
            with span("flushed"): pass
        assert flush()
        os._exit(0)
        """,
        {"flushed": 10},
    ),
    "fork": Case(
        """
        import os
        from llm_tracer import span
        with span("root"):
            for number in range(3):
                if os.fork() == 0:
                    with span("child"): pass
                    sys.exit(0)
            for number in range(3): os.wait()
        """,
        {"root": 1, "child": 3},
    ),
    **{
        f"multiprocessing-{method}": Case(
            f"""
            import multiprocessing
            from llm_tracer import span
            def work(number):
                with span("child"): pass
            if __name__ == "__main__":
                context = multiprocessing.get_context("{method}")
                children = [context.Process(target=work, args=(number,)) for number in range(4)]
                with span("root"):
                    for child in children: child.start()
                    for child in children: child.join()
                assert [child.exitcode for child in children] == [0] * 4
            """,
            {"root": 1, "child": 4},
        )
        for method in ("fork", "spawn", "forkserver")
    },
    "pools-that-terminate-their-workers": Case(
        """
        import multiprocessing
        from llm_tracer import span
        def work(number):
            with span("child"): pass
        if __name__ == "__main__":
            with span("root"):
                for _ in range(20):  # each ends where its workers are about to wait for more, or about to end
                    with multiprocessing.get_context("fork").Pool(2) as pool: pool.map(work, range(2))
        """,
        {"root": 1, "child": 40},
    ),
    "asyncio-cancelled": Case(
        """
        import asyncio
        from llm_tracer import span, trace
        @trace
        async def work():
            with span("waiting"): await asyncio.sleep(30)
        async def main():
            async with span("root"):
                tasks = [asyncio.create_task(work()) for _ in range(10)]
                await asyncio.sleep(0.05)
                for task in tasks: task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run(main())
        """,
        {"root": 1, "work": 10, "waiting": 10},
    ),
    "pre-fork-server": Case(
        """
        import os, signal
        from llm_tracer import flush, get_tracer, span
        get_tracer()
        with span("master"): pass
        assert flush()
        told, tell = os.pipe()
        workers = []
        for _ in range(4):
            worker = os.fork()
            if worker == 0:
                for _ in range(25):
                    with span("request"), span("llm"): time.sleep(0.001)
                os.write(tell, b".")
                while True: time.sleep(1)
            workers.append(worker)
        for _ in workers: os.read(told, 1)
        for worker in workers: os.kill(worker, signal.SIGTERM)
        for worker in workers: os.waitpid(worker, 0)
        """,
        {"master": 1, "request": 100, "llm": 100},
    ),
    "fifty-threads": Case(
        """
        import threading
        from llm_tracer import span
        def work():
            for _ in range(20):
                with span("work"), span("inner"): pass
        threads = [threading.Thread(target=work) for _ in range(50)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
        {"work": 1000, "inner": 1000},
    ),
}

needs_posix = pytest.mark.skipif(os.name != "posix", reason="fork and signals as POSIX has them")


ABANDON = {"TRACER_ABANDON_AFTER_S": "3"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs are, and their spool."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """One service for all cases; each has a project of its own. A trace is abandoned after 3 s of silence."""
    with stopping(start_service(folder, env={"TRACER_SPOOL": str(folder / "spool"), **ABANDON})) as running:
        yield running.url


@pytest.fixture(scope="module")
def programs(url: str, folder: Path) -> Iterator[dict[str, Future[Ended]]]:
    """All programs, four at a time."""
    with ThreadPoolExecutor(4) as pool:
        yield {
            name: pool.submit(run_program, case.program, folder, url, name) for name, case in CASES.items()
        }


def arrived(url: str, project: str, case: Case) -> list[dict[str, Any]]:
    """The spans of a project, once there are as many as have to come. On a machine that is so busy that the time at exit
    was not enough, they are in the spool, from where the service fetches them."""
    count = sum(case.arrives.values()) + len(case.runs)
    return until(lambda: spans if len(spans := spans_of(url, project)) >= count else [])


@needs_posix
@pytest.mark.parametrize("name", CASES)
def test_every_span_arrives_once(name: str, url: str, programs: dict[str, Future[Ended]]) -> None:
    case, ended = CASES[name], programs[name].result()
    assert ended.code == case.code, ended.err
    assert "llm_tracer" not in ended.err
    spans = arrived(url, name, case)
    assert Counter(span["name"] for span in spans if span["state"] == "closed") == case.arrives
    assert tuple(span["name"] for span in spans if span["state"] != "closed") == case.runs
    assert len({span["span_id"] for span in spans}) == len(spans)
    assert lost_of(url, name) == 0


@needs_posix
def test_what_a_hard_exit_takes_along_is_counted_by_the_next_program(url: str, tmp_path: Path) -> None:
    program = """
        import os
        from llm_tracer import flush, span
        with span("sent"): pass
        assert flush()
        for _ in range(7):
            with span("lost"): pass
        os._exit(0)
        """
    assert run_program(program, tmp_path, url, "hard-exit").code == 0
    again = """
        from llm_tracer import span
        with span("next"): pass
        """
    assert run_program(again, tmp_path, url, "hard-exit").code == 0
    assert names_of(url, "hard-exit") == {"sent": 1, "next": 1}
    assert lost_of(url, "hard-exit") == 7


@needs_posix
def test_a_killed_program_stays_on_the_list_with_the_tool_call_it_was_in(url: str, tmp_path: Path) -> None:
    program = """
        import os, signal
        from llm_tracer import span
        with span("agent"), span("search", kind="tool", input={"query": "everest"}):
            while sum(trace["open_count"] for trace in traces()) < 2: time.sleep(0.05)
            print(traces()[0]["status"])
            os.kill(os.getpid(), signal.SIGKILL)
        """
    status = """
        import json, urllib.request
        def traces():
            url = os.environ["TRACER_API_URL"] + "/api/traces"
            asked = urllib.request.Request(url, headers={"X-API-Key": os.environ["TRACER_API_KEY"]})
            return json.load(urllib.request.urlopen(asked))["traces"]
        """
    ended = run_program(
        program.replace("import os, signal", "import os, signal" + status), tmp_path, url, "killed"
    )
    assert (ended.code, ended.out) == (-signal.SIGKILL, "running\n"), ended.err
    with client_of(url, headers={"X-API-Key": "project-killed"}) as api:
        (trace,) = until(lambda: api.get("/api/traces", params={"q": "-status:running"}).json()["traces"])
        assert (trace["status"], trace["open_count"]) == ("abandoned", 2)
        spans = api.get(f"/api/traces/{trace['trace_id']}").json()["spans"]
        assert [(span["name"], span["state"]) for span in spans] == [
            ("agent", "abandoned"),
            ("search", "abandoned"),
        ]


def test_a_lambda_that_flushes_before_it_is_frozen_has_delivered(service: Running, tmp_path: Path) -> None:
    """The handler returns, and the process does not run on: as SIGSTOP does to it."""
    program = """
        import os, signal
        import llm_tracer
        from llm_tracer import trace
        @trace
        def handler(event): return "done"
        handler({"n": 1})
        assert llm_tracer.flush(5.0)
        os._exit(0)
        """
    assert run_program(program, tmp_path, service.url, "lambda").code == 0
    assert names_of(service.url, "lambda") == {"handler": 1}
