"""The one door without a form token: it takes a program's token and nothing else, and the token opens nothing else."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from tests.features.posture.desk import minute, upload
from tracker.posture.agent_views import watch_api
from tracker.posture.models import Watcher
from tracker.web.guards import Guard, guard_of

NOT_PAIRED = (401, {"error": "not_paired"})
DOORS = (
    ("GET", "/api/watch/state"),
    ("POST", "/api/watch/state"),
    ("GET", "/api/watch/baselines"),
    ("POST", "/api/watch/baselines"),
    ("POST", "/api/watch/minutes"),
    ("POST", "/api/watch/breaks"),
    ("POST", "/api/watch/leave"),
)


def said(answer):
    return answer.status_code, answer.get_json()


def routes_of(app):
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}):
            yield rule, method


def filled(rule):
    """The address of a route with an id of nobody in every place."""
    return re.sub(r"<[^>]+>", str(uuid.UUID(int=7)), rule.rule)


def test_only_the_door_for_programs_asks_for_no_form_token(app):
    assert app.extensions["csrf"]._exempt_blueprints == {watch_api}
    assert app.extensions["csrf"]._exempt_views == set()
    with app.app_context():
        programs = {rule.endpoint for rule, _method in routes_of(app) if guard_of(rule.endpoint) is Guard.PROGRAM}
    assert {endpoint.partition(".")[0] for endpoint in programs} == {"watch_api"}


def test_every_other_change_is_refused_without_a_form_token(app, browser):
    for rule, method in routes_of(app):
        if method == "GET" or rule.rule.startswith("/api/watch/"):
            continue
        answer = browser.client.open(filled(rule), method=method, headers=browser.headers, json={})
        # 404: an address that takes only certain words.
        assert answer.status_code in {400, 404}, (method, rule.rule)


def test_the_doors_here_are_all_there_are(app):
    found = {(method, rule.rule) for rule, method in routes_of(app) if rule.rule.startswith("/api/watch/")}
    assert found == {*DOORS, ("POST", "/api/watch/pair")}


@pytest.mark.parametrize(("method", "path"), DOORS)
def test_who_is_signed_in_by_a_cookie_is_nobody_here(browser, clock, method, path):
    document = upload(str(uuid.uuid4()), minute(clock.now()))
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    assert said(browser.client.open(path, method=method, json=document, headers=headers)) == NOT_PAIRED
    assert said(browser.client.open(path, method=method, json=document)) == NOT_PAIRED


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer {token}x",
        "Bearer x{token}",
        "Bearer {token} {token}",
        "Bearer realm={token}",
        "Basic {token}",
        "Token {token}",
        "{token}",
        "Bearer " + "x" * 8_000,
        "Bearer \u00e4\u00f6",
    ],
)
def test_nothing_but_the_token_itself_opens(agent, header):
    sent = {"Authorization": header.format(token=agent.token)}
    assert said(agent.client.get("/api/watch/state", headers=sent)) == NOT_PAIRED


def test_the_hash_of_a_token_is_no_token(agent, database):
    database.commit()
    agent.token = database.scalars(select(Watcher.token_hash)).one()
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED


def test_the_token_counts_in_its_header_only(agent):
    assert said(agent.client.get(f"/api/watch/state?token={agent.token}&access_token={agent.token}")) == NOT_PAIRED
    agent.client.set_cookie("rhomboid_sign_in", agent.token)
    agent.client.set_cookie("Authorization", f"Bearer {agent.token}")
    assert said(agent.client.get("/api/watch/state")) == NOT_PAIRED


def test_the_token_opens_no_other_door(app, agent):
    """Every other route answers a program with a token as it answers anybody who has not signed in."""
    headers = {"Authorization": f"Bearer {agent.token}"}
    plain = app.test_client()
    for rule, method in routes_of(app):
        if rule.rule.startswith("/api/watch/"):
            continue
        with_token = agent.client.open(filled(rule), method=method, headers=headers, json={})
        without = plain.open(filled(rule), method=method, json={})
        assert (with_token.status_code, with_token.location) == (without.status_code, without.location), rule.rule
        if with_token.status_code == 200:
            with app.app_context():
                assert guard_of(rule.endpoint) is Guard.PUBLIC, rule.rule


def test_a_page_of_another_origin_cannot_use_it(agent, clock):
    """Were a browser ever to have the token, a page of somebody else's could still not send it from there."""
    document = upload(agent.watcher, minute(clock.now()))
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert agent.post("/api/watch/minutes", document, headers=headers).status_code == 403
    answer = agent.client.options("/api/watch/minutes", headers={"Origin": "https://evil.example"})
    assert not any(name.startswith("Access-Control") for name, _value in answer.headers)


def test_nothing_secret_is_logged(browser, program, code_of, clock, capsys):
    code = code_of(browser)
    computer = program()
    computer.pair(code, name="Quiet laptop")
    computer.tell(minute(clock.now()))
    computer.pair("AAAAA-AAAAA")
    computer.post("/api/watch/minutes", {"watcher": "broken"})
    browser.get("/posture/computers")
    log = "".join(capsys.readouterr())
    assert "watch_api.pair" in log
    for secret in (code, computer.token, "Quiet laptop", "AAAA"):
        assert secret not in log


def test_no_clinician_sees_the_desk_of_anybody(app, people, signed_in, ada):
    """Until there is a page for it that asks for the consent to share, there is no page at all."""
    with app.app_context():
        for rule, _method in routes_of(app):
            if "posture" in rule.rule or "posture" in rule.endpoint or rule.rule.startswith("/api/watch/"):
                assert guard_of(rule.endpoint) in {Guard.PATIENT, Guard.PROGRAM}, rule.rule
    physio = signed_in(people.physio(ada.clinic))
    for path in ("/posture/computers", "/api/posture/state", "/api/posture/baselines"):
        assert physio.get(path).status_code == 403
