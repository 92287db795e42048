"""Addresses that try to make the server read its own files, change something elsewhere, or talk."""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest

from tracker.reminders.channels import apprise, link_local

WORKFLOW = "workflow://host:443/workflowid/signature/"
TRICKS = (
    "?template={}", "#?template={}", "?a=b?template={}", "?template%20=%20{}", "?%20template={}", "?template+={}",
    "?template%09={}", "?template%0a={}", "?a=1;template={}", "?%74emplate={}", "#x?template={}", "?a=b#&template={}",
    "?a=b#c&template={}", "?TEMPLATE={}", "??template={}", "?+template={}", "?%2574emplate={}",
)  # fmt: skip


@pytest.mark.parametrize("trick", TRICKS)
def test_no_spelling_of_a_parameter_reads_a_file_of_the_server(tmp_path: Path, trick: str) -> None:
    secret = tmp_path / "field-keys"
    secret.write_text("the keys of every patient")

    assert apprise.problem_of(WORKFLOW + trick.format(secret)) == "file_not_allowed"


@pytest.mark.parametrize("name", sorted(apprise.FILE_PARAMETERS))
def test_every_parameter_that_names_a_file_is_refused_behind_a_number_sign(name: str) -> None:
    assert apprise.problem_of(f"ntfys://ntfy.sh/topic/#?{name}%20=file:///etc/passwd") == "file_not_allowed"


@pytest.mark.parametrize(
    "url",
    [
        "json://intern.example/index?method=DELETE",
        "jsons://intern.example/index#?%6dethod+=PUT",
        "json://host/\tpath",
        "json://host/\x00",
    ],
)
def test_an_address_posts_a_message_and_does_nothing_else(url: str) -> None:
    assert apprise.problem_of(url) == "not_an_address"


@pytest.mark.parametrize(
    "url",
    [
        "json://169.254.169.254/latest/api/token",
        "json://2852039166/latest/api/token",
        "json://0xA9FEA9FE/",
        "json://0xa9.254.0xa9fe:8080/",
        "json://169.254.43518/",
        "json://[fe80::1]/",
        "xml://[::ffff:169.254.169.254]/",
        "xml://[::ffff:a9fe:a9fe]/",
        "form://name:password@169.254.169.254/",
        "ntfy://169.254.169.254/topic",
        "mailto://name:password@firm.example?smtp=169.254.169.254",
        "zulip://bot@169.254.169.254/" + 32 * "a",
    ],
)
def test_no_spelling_of_this_wire_is_an_address(url: str) -> None:
    # Numbers are resolved by the system itself, which asks nobody.
    assert apprise.problem_of(url) is None
    assert apprise.problem_of_place(url) == "not_an_address"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("json://chat.example:8080/hook", "chat.example"),
        ("ntfys://ntfy.example/alerts", "ntfy.example"),
        ("mailto://name:password@firm.example", "firm.example"),
        ("mailto://name:password@firm.example?smtp=mail.firm.example", "mail.firm.example"),
        ("zulip://bot@firm/" + 32 * "a", "firm.zulipchat.com"),
        # What stands in the place of a host is a secret here.
        ("ntfys://secret-topic", None),
        ("signl4://secret", None),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general", None),
    ],
)
def test_a_host_that_was_chosen_is_looked_up_and_no_secret_is(url: str, host: str | None) -> None:
    asked: list[str] = []

    def resolve(name: str) -> tuple[str, ...]:
        asked.append(name)
        return ("192.0.2.1",)

    assert apprise.problem_of_place(url, resolve) is None
    assert asked == [host] * (host is not None)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        (("127.0.0.1",), None),
        (("10.1.2.3", "fd00::1"), None),
        (("203.0.113.7",), None),
        ((), "unknown_host"),
        (("203.0.113.7", "169.254.0.1"), "not_an_address"),
        (("fe80::1%eth0",), "not_an_address"),
        (("::ffff:169.254.169.254",), "not_an_address"),
        (("64:ff9b::a9fe:a9fe",), "not_an_address"),
        (("2002:a9fe:a9fe::1",), "not_an_address"),
    ],
)
def test_only_this_wire_is_refused_and_every_address_of_a_name_counts(
    found: tuple[str, ...], problem: str | None
) -> None:
    assert apprise.problem_of_place("json://chat.example/", lambda _host: found) == problem


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_NONAME, "no such name"), UnicodeError("label too long")])
def test_a_name_that_nobody_knows_has_no_addresses(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_given: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert link_local.addresses_of("nowhere.example") == ()


@pytest.mark.parametrize("url", ["ntfys://ntfy.example/alerts", "json://chat.example:8080/hook?+X-Team=red", WORKFLOW])
def test_honest_addresses_still_work(url: str) -> None:
    assert apprise.problem_of(url) is None


def test_a_mistyped_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        apprise.problem_of("discord://SECRETTOKEN")
        apprise.problem_of("signal://host/SECRETTOKEN")

    assert "SECRETTOKEN" not in caplog.text
    assert not [record for record in caplog.records if record.name == "apprise"]
