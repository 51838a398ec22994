"""The dashboard as a process beside the Tracer API: the two parts never import each other."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import threading

MODULE = "llm_tracer_dashboard"
READY = "Dashboard ready"
STOP_S = 5.0


def is_installed() -> bool:
    """Whether the dashboard is installed."""
    return importlib.util.find_spec(MODULE) is not None


class DashboardProcess:
    """The running dashboard. It ends with this process even if we are killed, since it watches its standard input."""

    def __init__(self, host: str, port: int, backend_port: int, api_url: str) -> None:
        # The rest of the environment, including TRACER_API_KEY, is for the dashboard itself to read.
        environment = {**os.environ, "TRACER_API_URL": api_url}
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE, "--host", host, "--port", str(port),
             "--backend-port", str(backend_port), "--end-with-stdin"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
        )  # fmt: skip
        self._ready = threading.Event()
        self._reader = threading.Thread(target=self._read, name="dashboard-output", daemon=True)
        self._reader.start()

    def wait_until_ready(self, timeout_s: float) -> bool:
        """Waits for its ready line; False if it ended or the time is up."""
        self._ready.wait(timeout_s)
        return self._process.poll() is None and self._ready.is_set()

    def wait(self) -> int:
        """Waits until it ends; returns its exit code, negative if a signal ended it."""
        return self._process.wait()

    def stop(self) -> None:
        """Ends it, gently at first."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(STOP_S)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(READY):
                self._ready.set()
            else:
                # What it reports later (a lost connection, a fault) belongs on the user's terminal.
                print(line, end="", file=sys.stderr, flush=True)
        self._ready.set()
