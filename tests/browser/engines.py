"""Firefox and WebKit, the engine of Safari, as Debian packs them; Playwright drives neither of these builds.

Both understand WebDriver: Firefox by a socket of its own (Marionette), WebKit by the HTTP of WebKitWebDriver.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from ports import free_port
from waiting import PATIENCE_S, http, until

WINDOW = {"x": 0, "y": 0, "width": 1280, "height": 860}

SETTLED = (
    """document.querySelector("#page > *") && !document.querySelector(".waiting, .stale, [aria-busy=true]")"""
)

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Down": "\ue015", "Up": "\ue013", "End": "\ue010", "Control": "\ue009", "Shift": "\ue008"}  # fmt: skip
"""Keys without a character, by the names that are used here."""

Send = Callable[[str, dict[str, Any]], Any]
"""Sends a command by the name that Marionette has for it, with its parameters; gives back its value."""


class Browsing:
    """What a person does at a page."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def open(self, url: str) -> None:
        """Go there; back when the page is drawn and nothing on it waits."""
        self._send("Navigate", {"url": url})
        self.until(SETTLED)

    def run(self, script: str) -> Any:
        """What a script returns."""
        return self._send("ExecuteScript", {"script": script, "args": []})

    def until(self, expression: str) -> None:
        """Wait until it is true on the page."""
        until(lambda: self.run(f"return Boolean({expression})"))

    def text(self, selector: str) -> str:
        """What stands in the first such element, once there is one."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.until(f"{found}?.innerText")
        return str(self.run(f"return {found}.innerText"))

    def press(self, *keys: str) -> None:
        """Each of them down and up; `Control+v` holds the first."""
        acts = []
        for one in keys:
            held = [KEYS.get(name, name) for name in (one.split("+") if len(one) > 1 else [one])]
            acts += [{"type": "keyDown", "value": key} for key in held]
            acts += [{"type": "keyUp", "value": key} for key in reversed(held)]
        self._act({"type": "key", "id": "keys", "actions": acts})

    def drag(self, start: tuple[int, int], to: tuple[int, int]) -> None:
        """The pointer pressed at the one place of the window and held at the other, by way of the middle."""
        middle = ((start[0] + to[0]) // 2, (start[1] + to[1]) // 2)
        self._point(
            self._move(start), {"type": "pointerDown", "button": 0}, self._move(middle), self._move(to)
        )

    def release(self) -> None:
        self._point({"type": "pointerUp", "button": 0})

    def _point(self, *acts: dict[str, Any]) -> None:
        self._act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": list(acts)})  # fmt: skip

    def _act(self, source: dict[str, Any]) -> None:
        self._send("PerformActions", {"actions": [source]})

    @staticmethod
    def _move(place: tuple[int, int]) -> dict[str, Any]:
        return {"type": "pointerMove", "x": place[0], "y": place[1], "duration": 50}


@contextmanager
def firefox(folder: Path) -> Iterator[Browsing]:
    """Firefox with a profile in `folder`."""
    port = free_port()
    (folder / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    program = shutil.which("firefox-esr") or "firefox"
    arguments = ("--headless", "--marionette", "--no-remote", "--profile", str(folder))
    with _process(folder, program, *arguments), until(lambda: _connected(port)) as line:
        _received(line)  # what it says of itself

        def send(name: str, parameters: dict[str, Any]) -> Any:
            body = json.dumps([0, 1, f"WebDriver:{name}", parameters])
            line.sendall(f"{len(body.encode())}:{body}".encode())
            _, _, error, value = _received(line)
            assert error is None, error
            return value.get("value") if isinstance(value, dict) else value

        send("NewSession", {})
        send("SetWindowRect", WINDOW)
        yield Browsing(send)


@contextmanager
def webkit(folder: Path) -> Iterator[Browsing]:
    """WebKitGTK's smallest browser, on a screen that nobody sees."""
    port = free_port()
    with _screen(folder) as display, _process(folder, "WebKitWebDriver", f"--port={port}", DISPLAY=display):
        root = f"http://127.0.0.1:{port}"
        until(lambda: _answers(root))
        asked = {"capabilities": {"alwaysMatch": {}}}
        session = http.post(f"{root}/session", json=asked).raise_for_status().json()["value"]["sessionId"]
        paths = {
            "Navigate": "url", "ExecuteScript": "execute/sync", "PerformActions": "actions", "SetWindowRect": "window/rect",
        }  # fmt: skip

        def send(name: str, parameters: dict[str, Any]) -> Any:
            answer = http.post(f"{root}/session/{session}/{paths[name]}", json=parameters)
            assert answer.is_success, answer.text
            return answer.json()["value"]

        send("SetWindowRect", WINDOW)
        yield Browsing(send)
        http.delete(f"{root}/session/{session}")


PROGRAMS = {"firefox": (("firefox-esr", "firefox"), firefox), "webkit": (("WebKitWebDriver",), webkit)}
ENGINES = {
    name: opened
    for name, (programs, opened) in PROGRAMS.items()
    if shutil.which("apt-get") or any(map(shutil.which, programs))
}
"""Both where `run.py` installs them, on Debian and Ubuntu; elsewhere those that are here."""


@contextmanager
def _process(folder: Path, *command: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "browser.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **env})
    try:
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@contextmanager
def _screen(folder: Path) -> Iterator[str]:
    """A screen in memory; its DISPLAY, which the server chooses itself."""
    told = folder / "display"
    with told.open("wb") as written:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(written.fileno()), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
            pass_fds=[written.fileno()],
            stderr=subprocess.DEVNULL,
        )
    try:
        until(lambda: told.read_text().endswith("\n"))
        yield f":{told.read_text().strip()}"
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def _connected(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    except ConnectionRefusedError:
        return None


def _answers(root: str) -> bool:
    try:
        return http.get(f"{root}/status").is_success
    except httpx.ConnectError:
        return False


def _received(line: socket.socket) -> Any:
    """A message of Marionette: its length in bytes, a colon, JSON."""
    length = b""
    while (byte := line.recv(1)) != b":":
        assert byte, "Firefox has closed the connection"
        length += byte
    body = b""
    while len(body) < int(length):
        body += line.recv(int(length) - len(body))
    return json.loads(body)
