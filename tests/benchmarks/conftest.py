"""What benchmarks in a browser share: a server of their own with a clinic, and the browser that is installed here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.house import Clinic, Server, find_chromium, set_up_clinic, start_server, stop_server
from tracker.settings import PROJECT_ROOT
from tracker.web.assets import build_assets


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    build_assets(PROJECT_ROOT, PROJECT_ROOT / "build" / "assets")
    running = start_server(tmp_path_factory.mktemp("bench"))
    yield running
    stop_server(running)


@pytest.fixture(scope="module")
def clinic(server: Server) -> Clinic:
    return set_up_clinic(server)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    path = find_chromium()
    if path is None:
        pytest.skip("no browser is installed")
    return path
