"""The real program over real HTTP: a person signs in, connects a computer, and the computer uploads, also twice at once
and after the server was gone.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from tests.browser.house import Account, Server, set_up_clinic, start_server, stop_server
from tests.features.posture.desk import baseline, minutes, stamp, upload
from tracker.posture.models import PostureMinute, Watcher


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = start_server(tmp_path)
    yield running
    stop_server(running)


def token_of(page: requests.Response) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
    assert found is not None
    return found.group(1)


def code_for(server: Server, account: Account) -> str:
    """Sign in through the form and ask the page for a code."""
    with requests.Session() as browser:
        page = browser.get(f"{server.url}/sign-in", timeout=20)
        form = {"csrf_token": token_of(page), "email": account.email, "password": account.password}
        browser.post(f"{server.url}/sign-in", form, timeout=20).raise_for_status()
        page = browser.get(f"{server.url}/posture/computers", timeout=20)
        page = browser.post(f"{server.url}/posture/computers/code", {"csrf_token": token_of(page)}, timeout=20)
        found = re.search(r"--pair ([0-9A-Z]{5}-[0-9A-Z]{5})", page.text)
        assert found is not None
        return found.group(1)


def test_a_program_connects_uploads_and_leaves(server):
    account = set_up_clinic(server).patient(plan=())
    watcher = str(uuid.uuid4())
    with requests.Session() as program:

        def ask(method: str, path: str, document: Any = None) -> requests.Response:
            return program.request(method, f"{server.url}{path}", json=document, timeout=60)

        wanted = {"code": code_for(server, account), "name": "Desk", "watcher": watcher, "version": "1.2.0"}
        paired = ask("POST", "/api/watch/pair", wanted)
        assert (paired.status_code, paired.json()["person"], paired.json()["server"]) == (201, "Ada", server.url)
        assert ask("GET", "/api/watch/state").status_code == 401
        program.headers["Authorization"] = f"Bearer {paired.json()['token']}"

        at = datetime.now(UTC).replace(second=0, microsecond=0)
        told = upload(watcher, *minutes(at - timedelta(minutes=1_500), 1_500))
        with ThreadPoolExecutor(2) as both:
            answers = list(both.map(lambda _number: ask("POST", "/api/watch/minutes", told).json(), range(2)))
        assert sorted(answer["kept"] for answer in answers) == [0, 1_500]
        with server.database() as session:
            assert session.scalar(select(func.count()).select_from(PostureMinute)) == 1_500

        assert ask("POST", "/api/watch/baselines", baseline(at)).status_code == 201
        until = at + timedelta(hours=1)
        state = ask("POST", "/api/watch/state", {"paused_until": stamp(until)}).json()
        assert state["settings"]["paused_until"] == until.isoformat()
        assert [each["name"] for each in state["baselines"]] == ["Desk"]
        assert ask("POST", "/api/watch/leave", {}).json() == {"left": True}
        assert (ask("GET", "/api/watch/state").status_code, program.cookies.get_dict()) == (401, {})
    with server.database() as session:
        assert session.scalars(select(Watcher)).one().token_hash is None
