from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from tracker.settings import Settings, SettingsError, describe, unknown_variables


def load(tmp_path, **environ):
    return Settings.load({"TRACKER_DATA": str(tmp_path), **environ})


def test_everything_has_a_default(tmp_path):
    settings = load(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path.as_posix()}/rhomboid.sqlite3"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.trusted_hosts == ("127.0.0.1", "localhost")
    assert not settings.https


def test_secrets_are_made_once_and_private(tmp_path):
    first, second = load(tmp_path / "data"), load(tmp_path / "data")
    assert first == second
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    for file in (tmp_path / "data" / "secrets").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_lax_permissions_are_tightened(tmp_path):
    load(tmp_path)
    key = tmp_path / "secrets" / "field-keys"
    key.chmod(0o644)
    load(tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_processes_that_start_together_agree(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load(tmp_path), range(16)))
    assert all(each == loaded[0] for each in loaded)
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == [
        "field-keys",
        "index-key",
        "signing-keys",
        "vapid-key",
    ]


def test_a_database_without_its_key_is_not_given_a_new_one(tmp_path):
    load(tmp_path)
    (tmp_path / "rhomboid.sqlite3").touch()
    (tmp_path / "secrets" / "field-keys").unlink()
    with pytest.raises(SettingsError, match="not its key"):
        load(tmp_path)


def test_secrets_do_not_show(tmp_path):
    settings = load(tmp_path, DATABASE_URL="postgresql://me:hunter2@db/x")
    assert settings.signing_keys[0] not in repr(settings)
    assert "hunter2" not in repr(settings)
    listed = str(describe(settings, {"DATABASE_URL": "x"}))
    assert "hunter2" not in listed
    assert settings.field_keys[0] not in listed
    settings = load(tmp_path, TRACKER_SMTP_PASSWORD="hunter3")
    assert "hunter3" not in repr(settings)
    assert "hunter3" not in str(describe(settings, {"TRACKER_SMTP_PASSWORD": "x"}))


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("TRACKER_PORT", "0", "from 1 to 65535"),
        ("TRACKER_PORT", "eighty", "whole number"),
        ("TRACKER_BASE_URL", "clinic.example", "must look like"),
        ("TRACKER_BASE_URL", "https://clinic.example/app", "scheme, host and port only"),
        ("TRACKER_BASE_URL", "javascript://x", "must look like"),
        ("TRACKER_TRUSTED_HOSTS", "https://x", "not host names"),
        ("TRACKER_TRUSTED_HOSTS", " , ", "at least one"),
        ("DATABASE_URL", "mysql://x", "must start with"),
        ("DATABASE_URL", "sqlite:///:memory:", "must name a file"),
        ("TRACKER_HEARTBEAT", "perhaps", "yes or no"),
        ("TRACKER_TIME_ZONE", "Mars/Base", "IANA"),
        ("TRACKER_LOG_LEVEL", "loud", "one of"),
        ("TRACKER_SIGNING_KEYS", "short", "at least 32"),
        ("TRACKER_FIELD_KEYS", "not base64", "base64 of 32 bytes"),
        ("TRACKER_INDEX_KEY", "AAAA", "base64 of 32 bytes"),
        ("TRACKER_HOST", " ", "not be empty"),
        ("TRACKER_STAFF_IDLE_MINUTES", "1440", "must not be longer"),
        ("TRACKER_PATIENT_IDLE_DAYS", "91", "must not be longer"),
        ("TRACKER_SMTP_HOST", "smtp://mail.example", "not host names"),
        ("TRACKER_SMTP_SECURITY", "ssl", "one of"),
        ("TRACKER_MAIL_FROM", "Rhomboid <x@y.example>", "e-mail address"),
        ("TRACKER_VAPID_SUBJECT", "http://clinic.example", "mailto: or https"),
        ("TRACKER_VAPID_SUBJECT", "mailto:nobody", "e-mail address"),
        ("TRACKER_VAPID_KEY", "AAAA", "base64 of 32 bytes"),
        ("TRACKER_VAPID_KEY", "_" * 42 + "8=", "P-256"),
    ],
)
def test_a_bad_value_is_named_with_its_variable(tmp_path, name, value, part):
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, **{name: value})
    assert part in str(caught.value)
    assert name in str(caught.value)


def test_a_password_never_goes_over_an_open_line(tmp_path):
    environ = {"TRACKER_SMTP_HOST": "mail.example", "TRACKER_SMTP_USER": "me", "TRACKER_SMTP_SECURITY": "none"}
    with pytest.raises(SettingsError, match="the password could be read"):
        load(tmp_path, **environ)
    assert load(tmp_path, **{**environ, "TRACKER_SMTP_HOST": "127.0.0.1"}).smtp_user == "me"


@pytest.mark.parametrize(
    ("environ", "port", "sender", "subject"),
    [
        ({}, 587, "rhomboid@127.0.0.1", "mailto:rhomboid@127.0.0.1"),
        ({"TRACKER_SMTP_SECURITY": "tls"}, 465, "rhomboid@127.0.0.1", "mailto:rhomboid@127.0.0.1"),
        (
            {"TRACKER_BASE_URL": "https://clinic.example:8443", "TRACKER_SMTP_SECURITY": "none"},
            25,
            "rhomboid@clinic.example",
            "https://clinic.example",
        ),
    ],
)
def test_mail_and_push_follow_the_address(tmp_path, environ, port, sender, subject):
    settings = load(tmp_path, **environ)
    assert (settings.smtp_port, settings.mail_from, settings.vapid_subject) == (port, sender, subject)


def test_all_problems_come_at_once(tmp_path):
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, TRACKER_PORT="x", TRACKER_THREADS="x")
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("environ", "base_url", "hosts"),
    [
        ({"TRACKER_PORT": "9000"}, "http://127.0.0.1:9000", ("127.0.0.1", "localhost")),
        ({"TRACKER_HOST": "0.0.0.0"}, "http://localhost:8000", ("localhost", "127.0.0.1")),
        (
            {"TRACKER_BASE_URL": "https://Clinic.example/"},
            "https://clinic.example",
            ("clinic.example", "localhost", "127.0.0.1"),
        ),
    ],
)
def test_addresses_follow_each_other(tmp_path, environ, base_url, hosts):
    settings = load(tmp_path, **environ)
    assert (settings.base_url, settings.trusted_hosts) == (base_url, hosts)


@pytest.mark.parametrize("short", ["postgres://u@h/d", "postgresql://u@h/d", "postgresql+psycopg://u@h/d"])
def test_postgresql_always_means_psycopg_3(tmp_path, short):
    assert load(tmp_path, DATABASE_URL=short).database_url == "postgresql+psycopg://u@h/d"


def test_keys_can_be_rotated(tmp_path):
    old = load(tmp_path).signing_keys[0]
    path = tmp_path / "secrets" / "signing-keys"
    path.write_text("n" * 40 + "\n" + old + "\n")
    assert load(tmp_path).signing_keys == ("n" * 40, old)


def test_each_line_says_where_its_value_comes_from(tmp_path):
    settings = load(tmp_path)
    rows = {row.env: row for row in describe(settings, {"TRACKER_DATA": str(tmp_path)})}
    assert rows["TRACKER_DATA"].source == "environment"
    assert rows["TRACKER_PORT"].source == "default"
    assert rows["TRACKER_FIELD_KEYS"].source == "file"
    assert all(row.about for row in rows.values())


def test_a_slip_of_the_pen_is_noticed():
    assert unknown_variables({"TRACKER_PROT": "1", "TRACKER_PORT": "1", "TRACKER_TEST_MEDIA": "x"}) == ["TRACKER_PROT"]


def test_the_process_environment_is_the_default(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    monkeypatch.setenv("TRACKER_PORT", "9001")
    assert Settings.load().port == 9001
    assert "TRACKER_PORT" in os.environ
