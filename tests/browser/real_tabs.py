"""A browser with real tabs, of which only one is in front.

Playwright tells every page that it has the focus, and then a page is never hidden. What a hidden tab still does can
only be seen without that, so here Chromium is spoken to directly, over the pipe of its own protocol.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.browser.house import ARGUMENTS, CAMERA_ARGUMENTS

BECOME = """
import fcntl, os, sys
reads, writes = (fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3])
os.dup2(reads, 3)
os.dup2(writes, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads from descriptor 3 and writes to descriptor 4."""


class Tab:
    """One tab."""

    def __init__(self, browser: RealBrowser, target: str) -> None:
        self._browser = browser
        self._target = target
        attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session: str = attached["sessionId"]

    def bring_to_front(self) -> None:
        self._browser.call("Target.activateTarget", targetId=self._target)

    def before_every_page(self, script: str) -> None:
        self._call("Page.enable")
        self._call("Page.addScriptToEvaluateOnNewDocument", source=script)

    def goto(self, url: str) -> None:
        self._call("Page.navigate", url=url)
        self.until(f"the page {url}", "document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; a promise is awaited."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, what: str, expression: str, *, within_s: float = 20.0) -> Any:
        give_up = time.monotonic() + within_s
        while time.monotonic() < give_up:
            try:
                value = self.evaluate(expression)
            except AssertionError:
                value = None  # between two pages
            if value:
                return value
            time.sleep(0.1)
        raise AssertionError(f"waited {within_s:g} s in vain: {what}")

    def _call(self, method: str, **arguments: Any) -> Any:
        return self._browser.call(method, session=self._session, **arguments)


class RealBrowser:
    """Chromium on a pipe: one question at a time."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number = 0
        self._rest = b""

    def call(self, method: str, *, session: str | None = None, **arguments: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": arguments}
        if session is not None:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._read, 65_536)
            assert more, "the browser has gone"
            self._rest += more
        first, self._rest = self._rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(first)
        return found

    def new_tab(self, url: str = "about:blank") -> Tab:
        return Tab(self, self.call("Target.createTarget", url=url)["targetId"])


@contextmanager
def real_browser(executable: str, folder: Path, webcam: Path) -> Iterator[RealBrowser]:
    """A browser without a screen whose tabs hide each other; a file plays its camera."""
    (its_in, our_out), (our_in, its_out) = os.pipe(), os.pipe()
    arguments = [
        executable, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={folder}", *ARGUMENTS,
        *CAMERA_ARGUMENTS, f"--use-file-for-fake-video-capture={webcam}", "about:blank",
    ]  # fmt: skip
    command = [sys.executable, "-c", BECOME, str(its_in), str(its_out), *arguments]
    process = subprocess.Popen(command, pass_fds=(its_in, its_out), stderr=subprocess.DEVNULL)
    os.close(its_in)
    os.close(its_out)
    browser = RealBrowser(our_out, our_in)
    try:
        yield browser
    finally:
        _end(browser.call, process)
        os.close(our_out)
        os.close(our_in)


def _end(call: Callable[..., Any], process: subprocess.Popen[bytes]) -> None:
    try:
        call("Browser.close")
        process.wait(timeout=15)
    except (AssertionError, OSError, subprocess.TimeoutExpired):
        process.kill()
        process.wait(timeout=15)
