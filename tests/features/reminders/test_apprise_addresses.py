"""Addresses that try to make the server read its own files, change something elsewhere, or talk."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tracker.reminders.channels import apprise

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
        "json://169.254.169.254/latest/api/token",
        "json://[fe80::1]/",
        "xml://[::ffff:169.254.169.254]/",
        "json://host/\tpath",
        "json://host/\x00",
    ],
)
def test_an_address_posts_a_message_and_does_nothing_else(url: str) -> None:
    assert apprise.problem_of(url) == "not_an_address"


@pytest.mark.parametrize("url", ["ntfys://ntfy.example/alerts", "json://chat.example:8080/hook?+X-Team=red", WORKFLOW])
def test_honest_addresses_still_work(url: str) -> None:
    assert apprise.problem_of(url) is None


def test_a_mistyped_address_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        apprise.problem_of("discord://SECRETTOKEN")
        apprise.problem_of("signal://host/SECRETTOKEN")

    assert "SECRETTOKEN" not in caplog.text
    assert not [record for record in caplog.records if record.name == "apprise"]
