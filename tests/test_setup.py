"""Set-up from nothing: the parts of scripts/provision that can be judged without installing anything."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))  # scripts/ is no package of the application, and shall not become one

import bootstrap  # noqa: E402 - only importable after the line above
from provision import checks, console, main, stamps, steps, system, uv  # noqa: E402
from provision.layout import Layout  # noqa: E402

PAGE = """<!DOCTYPE html><html><body>
<a href="../../files/uv-1.0.tar.gz#sha256=aa" data-requires-python="&gt;=3.8">uv-1.0.tar.gz</a><br/>
<a href="https://files.example/uv-0.13.8-py3-none-macosx_11_0_arm64.whl#sha256=bb">
  uv-0.13.8-py3-none-macosx_11_0_arm64.whl</a>
<a>no address</a>
</body></html>"""


# The index page ---------------------------------------------------------------------------------------------------


def test_index_links_are_resolved_against_the_page_and_lose_their_fragment():
    links = uv.parse_index(PAGE, "https://index.example/simple/uv/")
    assert links == [
        uv.Link("uv-1.0.tar.gz", "https://index.example/files/uv-1.0.tar.gz"),
        uv.Link(
            "uv-0.13.8-py3-none-macosx_11_0_arm64.whl",
            "https://files.example/uv-0.13.8-py3-none-macosx_11_0_arm64.whl",
        ),
    ]


def test_an_index_without_the_pinned_wheel_is_named_as_the_problem():
    wheel = uv.wheel_for("Linux", "x86_64", "glibc")
    with pytest.raises(console.Problem, match=r"does not carry uv-0\.13\.8"):
        uv.find_link(uv.parse_index(PAGE, "https://index.example/simple/uv/"), wheel)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"PIP_INDEX_URL": "https://pip.example/simple/"}, "https://pip.example/simple"),
        ({"PIP_INDEX_URL": "https://pip.example", "UV_INDEX_URL": "https://uv.example"}, "https://uv.example"),
        ({"UV_INDEX_URL": "https://old.example", "UV_DEFAULT_INDEX": "https://new.example"}, "https://new.example"),
        ({"UV_DEFAULT_INDEX": "  "}, None),
    ],
)
def test_the_index_comes_from_the_environment(environment, expected):
    assert uv.index_override(environment) == expected


# The platform -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("platform", "part"),
    [
        (("Linux", "x86_64", "glibc"), "manylinux2014_x86_64"),
        (("Linux", "x86_64", "musl"), "musllinux_1_1_x86_64"),
        (("Linux", "aarch64", "glibc"), "manylinux2014_aarch64"),
        (("Linux", "aarch64", "musl"), "musllinux_1_1_aarch64"),
        (("Darwin", "x86_64", ""), "macosx_10_12_x86_64"),
        (("Darwin", "arm64", ""), "macosx_11_0_arm64"),
    ],
)
def test_every_platform_has_its_wheel_with_a_full_checksum(platform, part):
    wheel = uv.wheel_for(*platform)
    assert part in wheel.name
    assert len(bytes.fromhex(wheel.sha256)) == hashlib.sha256().digest_size


def test_a_platform_without_uv_gets_a_way_out():
    with pytest.raises(console.Problem, match="Linux, riscv64") as caught:
        uv.wheel_for("Linux", "riscv64", "glibc")
    assert "Install uv" in caught.value.do


@pytest.mark.parametrize("platform", sorted(steps.SUPPORTED_PLATFORMS))
def test_supported_platforms_pass(platform):
    steps.check_platform(*platform)


@pytest.mark.parametrize(
    "platform", [("Linux", "aarch64", "glibc"), ("Linux", "x86_64", "musl"), ("Darwin", "x86_64", "")]
)
def test_where_mediapipe_does_not_exist_set_up_says_so_before_it_fetches_anything(platform):
    with pytest.raises(console.Problem, match="MediaPipe") as caught:
        steps.check_platform(*platform)
    assert "Windows" in caught.value.do


# Fetching uv from a local index -----------------------------------------------------------------------------------


@pytest.fixture
def index(tmp_path):
    """An HTML-only package index on loopback; yields its folder and its address."""
    folder = tmp_path / "index"
    (folder / "simple" / "uv").mkdir(parents=True)
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()
        thread.join()


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_words):
        pass


def _publish(folder: Path, name: str, program: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wheel:
        wheel.writestr(f"uv-{uv.VERSION}.data/scripts/uv", program)
    (folder / name).write_bytes(archive.getvalue())
    (folder / "simple" / "uv" / "index.html").write_text(f'<a href="../../{name}">{name}</a>')
    return archive.getvalue()


def _pretend(monkeypatch, content: bytes, name: str) -> uv.Wheel:
    wheel = uv.Wheel(name, hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(uv, "wheel_for", lambda *_: wheel)
    return wheel


def test_the_pinned_wheel_is_fetched_and_its_program_runs(index, tmp_path, monkeypatch):
    folder, address = index
    name = "uv-0.13.8-py3-none-any.whl"
    _pretend(monkeypatch, _publish(folder, name, b"#!/bin/sh\necho uv 0.13.8\n"), name)
    tools = tmp_path / "tools with a space"
    program = uv.fetch(tools, {"UV_INDEX_URL": address + "/"})
    assert uv.version_of(program) == (0, 13, 8)
    assert uv.find(tools) == program
    assert [path.name for path in program.parent.iterdir()] == ["uv"]


def test_a_changed_wheel_is_refused_and_leaves_nothing(index, tmp_path, monkeypatch):
    folder, address = index
    name = "uv-0.13.8-py3-none-any.whl"
    _publish(folder, name, b"#!/bin/sh\necho changed\n")
    monkeypatch.setattr(uv, "wheel_for", lambda *_: uv.Wheel(name, "0" * 64))
    with pytest.raises(console.Problem, match="not the file that was pinned"):
        uv.fetch(tmp_path / "tools", {"UV_DEFAULT_INDEX": address})
    assert not (tmp_path / "tools").exists()


def test_an_index_that_does_not_know_uv_is_named(index, tmp_path):
    _folder, address = index
    with pytest.raises(console.Problem, match="answered 404"):
        uv.fetch(tmp_path, {"PIP_INDEX_URL": address + "/nowhere"})


def test_no_connection_says_what_to_do(tmp_path):
    with pytest.raises(console.Problem, match="could not be reached") as caught:
        uv.fetch(tmp_path, {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple"})
    assert "goes on where it stopped" in caught.value.do


def test_a_password_in_the_index_address_is_sent_but_never_shown():
    request = uv._request("http://ann:s%40crt@index.example:81/simple/uv/", "text/html")
    assert request.full_url == "http://index.example:81/simple/uv/"
    assert request.get_header("Authorization") == "Basic YW5uOnNAY3J0"
    assert uv._shown("http://ann:secret@index.example/x") == "http://index.example/x"


def test_an_index_that_is_no_web_address_is_refused():
    with pytest.raises(console.Problem, match="not a web address"):
        uv._request("file:///etc/simple/uv/", "text/html")


def test_a_certificate_file_that_does_not_exist_is_named():
    with pytest.raises(console.Problem, match="SSL_CERT_FILE names /nowhere"):
        uv._trust({"SSL_CERT_FILE": "/nowhere"})


def test_an_older_uv_on_path_is_not_used(tmp_path, monkeypatch):
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\necho uv 0.4.1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert uv.find(tmp_path / "tools") is None
    program.write_text("#!/bin/sh\necho uv 0.14.0\n")
    assert uv.find(tmp_path / "tools") == program


# Stamps -----------------------------------------------------------------------------------------------------------


def test_a_fingerprint_follows_content_names_and_words_but_not_caches(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.py").write_text("1")

    def now(*words: str) -> str:
        return stamps.fingerprint(files=[source, tmp_path / "lock"], words=words, root=tmp_path)

    first = now("x")
    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "a.pyc").write_text("cache")
    assert now("x") == first
    seen = {first, now("y")}
    (tmp_path / "lock").write_text("")
    seen.add(now("x"))
    (source / "a.py").write_text("2")
    seen.add(now("x"))
    (source / "a.py").rename(source / "b.py")
    seen.add(now("x"))
    assert len(seen) == 5


def test_a_step_is_done_only_with_its_stamp_and_its_outputs(tmp_path):
    stamp, output = tmp_path / "stamps" / "step", tmp_path / "output"
    assert not stamps.is_done(stamp, "f", [])
    stamps.write(stamp, "f")
    assert stamps.is_done(stamp, "f", [])
    assert not stamps.is_done(stamp, "g", [])
    assert not stamps.is_done(stamp, "f", [output])
    output.touch()
    assert stamps.is_done(stamp, "f", [output])


def test_two_set_ups_in_one_folder_take_turns(tmp_path):
    lock = tmp_path / "tools" / "lock"
    order, waiting = [], threading.Event()

    def second() -> None:
        with stamps.only_one(lock, waiting.set):
            order.append("second")

    with stamps.only_one(lock, lambda: pytest.fail("nobody else is here")):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(timeout=10)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_an_installer_that_outlives_a_killed_set_up_still_holds_the_lock(tmp_path):
    script = tmp_path / "set_up.py"
    script.write_text(
        "import os, subprocess, sys\n"
        f"sys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
        "from pathlib import Path\n"
        "from provision import stamps\n"
        "with stamps.only_one(Path(sys.argv[1]), lambda: None) as lock:\n"
        "    subprocess.Popen(['cat'], pass_fds=[lock])\n"
        "    print('started', flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    lock, waiting, done = tmp_path / "lock", threading.Event(), threading.Event()
    with subprocess.Popen(
        [sys.executable, str(script), str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as killed:
        assert killed.stdout.readline() == b"started\n"

        def second() -> None:
            with stamps.only_one(lock, waiting.set):
                done.set()

        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(timeout=10)
        assert not done.is_set()
        killed.stdin.close()  # the installer, which reads it too, ends now
        thread.join(timeout=10)
    assert done.is_set()


# Steps ------------------------------------------------------------------------------------------------------------


def _step(key, done, *, fails=False, satisfies=()):
    def work(_workshop):
        done.append(key)
        if fails:
            raise console.Problem("It broke.", "Mend it.")

    return steps.Step(
        key=key,
        title=f"Step {key}",
        expect="a moment",
        made_from=lambda _: "fingerprint",
        makes=lambda _: (),
        work=work,
        satisfies=satisfies,
    )


def test_a_second_set_up_does_nothing_and_says_nothing(tmp_path, capsys):
    workshop, done = steps.Workshop(Layout(tmp_path), {}), []
    plan = [_step("a", done), _step("b", done)]
    steps.perform(plan, workshop)
    said = capsys.readouterr().out
    assert "[1/2] Step a: a moment" in said
    assert "[2/2] Step b: a moment" in said
    steps.perform(plan, workshop)
    assert capsys.readouterr().out == ""
    assert done == ["a", "b"]


def test_an_interrupted_set_up_goes_on_where_it_stopped(tmp_path):
    workshop, done = steps.Workshop(Layout(tmp_path), {}), []
    with pytest.raises(console.Problem, match="It broke"):
        steps.perform([_step("a", done), _step("b", done, fails=True)], workshop)
    steps.perform([_step("a", done), _step("b", done)], workshop)
    assert done == ["a", "b", "b"]


def test_a_step_that_includes_another_spares_it(tmp_path, capsys):
    workshop, done = steps.Workshop(Layout(tmp_path), {}), []
    steps.perform([_step("more", done, satisfies=("less",)), _step("less", done)], workshop)
    assert done == ["more"]
    assert "[1/1] Step more" in capsys.readouterr().out


def test_programs_see_proxies_and_certificates_but_not_a_foreign_environment(tmp_path):
    layout = Layout(tmp_path)
    given = {
        "HTTPS_PROXY": "p",
        "VIRTUAL_ENV": "/else",
        "SSL_CERT_FILE": "/ca",
        "PATH": "/bin",
        "PIP_INDEX_URL": "https://m/",
    }
    child = steps.child_environment(given, layout)
    assert child["HTTPS_PROXY"] == "p"
    assert child["NODE_EXTRA_CA_CERTS"] == "/ca"
    assert child["UV_DEFAULT_INDEX"] == "https://m"
    assert child["PATH"] == f"{layout.environment}/bin:/bin"
    assert "VIRTUAL_ENV" not in child


def test_the_supported_versions_are_those_of_the_project_file():
    (oldest, too_new), text = steps.SUPPORTED_PYTHON, (ROOT / "pyproject.toml").read_text()
    bounds = ">={}.{},<{}.{}".format(*oldest, *too_new)
    assert f'requires-python = "{bounds}"' in text
    assert oldest == bootstrap.OLDEST_PYTHON


# The system -------------------------------------------------------------------------------------------------------


@pytest.fixture
def not_privileged(monkeypatch):
    monkeypatch.setattr(system, "privilege", lambda: None)


@pytest.mark.usefixtures("not_privileged")
def test_without_rights_the_one_command_is_printed(tmp_path):
    with pytest.raises(console.Problem, match="needs the administrator's rights") as caught:
        system.install(
            ["libgl1", "libxcb1"], why="A library is missing.", log=tmp_path / "l", cwd=tmp_path, environment={}
        )
    assert "apt-get install --no-install-recommends libgl1 libxcb1" in caught.value.do


def test_with_rights_apt_refreshes_and_installs_without_asking(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(system, "privilege", lambda: ("sudo", "-n"))
    monkeypatch.setattr(system, "run", lambda words, **_: commands.append(" ".join(words)))
    system.install(["libgl1"], why="", log=tmp_path / "l", cwd=tmp_path, environment={})
    assert commands[0].startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get")
    assert commands[1].endswith("install -y --no-install-recommends libgl1")


def test_what_the_tests_lack_is_named_together_with_the_commands_of_the_system(tmp_path, monkeypatch):
    needs = [
        system.Need("A", lambda: False, apt=("a",), brew=("a",)),
        system.Need("B", lambda: True, apt=("b",), brew=("b",)),
        system.Need("C", lambda: False, apt=("c",), brew=("--cask", "c")),
    ]
    monkeypatch.setattr(system, "has_apt", lambda: False)
    monkeypatch.setattr(system.platform, "system", lambda: "Darwin")
    with pytest.raises(console.Problem, match="need A, C,") as caught:
        system.install_needs(needs, log=tmp_path / "l", cwd=tmp_path, environment={})
    assert "brew install a\n" in caught.value.do
    assert "brew install --cask c" in caught.value.do


# Messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.04, "0.0 s"), (9.96, "10.0 s"), (42.6, "43 s"), (59.7, "1 min 0 s"), (125, "2 min 5 s")],
)
def test_durations_are_read_as_said(seconds, expected):
    assert console.duration(seconds) == expected


def test_a_failing_program_shows_the_end_of_its_own_output(tmp_path):
    log = tmp_path / "build" / "setup.log"
    log.parent.mkdir()
    log.write_text("an earlier step\n")
    script = "for n in $(seq 1 40); do echo line $n; done; exit 3"
    with pytest.raises(console.Problem, match="ended with code 3") as caught:
        console.run(["sh", "-c", script], log=log, cwd=tmp_path, environment=os.environ, what="It broke", do="Mend it.")
    shown = str(caught.value)
    assert "line 40" in shown
    assert "line 28\n" not in shown
    assert "an earlier step" not in shown
    assert shown.rstrip().endswith("Mend it.")
    assert "an earlier step" in log.read_text()


def test_a_program_that_is_not_there_is_a_problem_not_a_traceback(tmp_path):
    with pytest.raises(console.Problem, match="could not be started"):
        console.run([tmp_path / "none"], log=tmp_path / "log", cwd=tmp_path, environment={}, what="", do="")


def test_an_older_python_is_told_what_to_install():
    text = bootstrap.too_old((3, 9, 2, "final", 0), "/usr/bin/python3")
    assert "needs Python 3.11 or newer; /usr/bin/python3 is 3.9.2" in text


def test_a_problem_ends_the_command_with_code_1_and_its_words(monkeypatch, capsys):
    def work(_layout):
        raise console.Problem("It broke.", "Mend it.")

    monkeypatch.setattr(main, "COMMANDS", {"run": work})
    assert main.main(["run"]) == 1
    assert "It broke.\n\nMend it." in capsys.readouterr().err


def test_ctrl_c_says_that_nothing_is_lost(monkeypatch, capsys):
    def work(_layout):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "COMMANDS", {"run": work})
    assert main.main(["run"]) == main.INTERRUPTED
    assert "goes on where it was" in capsys.readouterr().err


def test_clean_never_touches_data(tmp_path):
    for name in ("var", "var-demo", ".venv", "build"):
        (tmp_path / name).mkdir()
    main._clean(Layout(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["var", "var-demo"]


# Checks -----------------------------------------------------------------------------------------------------------


def test_a_developers_settings_do_not_reach_the_tests():
    given = {"TRACKER_DATA": "/mine", "DATABASE_URL": "x", "TRACKER_TEST_MEDIA": "/media", "HOME": "/h"}
    assert checks.test_environment(given) == {"TRACKER_TEST_MEDIA": "/media", "HOME": "/h"}


def test_counts_come_from_the_report(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text('<testsuites><testsuite tests="9" failures="1" errors="1" skipped="2"/></testsuites>')
    assert checks.read_counts(report) == checks.Counts(passed=5, failed=2, skipped=2)


@pytest.mark.parametrize("content", [None, "<testsuites><testsui"])
def test_a_missing_or_broken_report_counts_nothing(tmp_path, content):
    report = tmp_path / "tests.xml"
    if content is not None:
        report.write_text(content)
    assert checks.read_counts(report) == checks.Counts()


@pytest.mark.parametrize(
    ("lint_fails", "pytest_code", "failures", "exit_code", "last_line"),
    [
        # Three passes, each of nine tests.
        ([], 0, 0, 0, "27 passed, 0 failed, 0 skipped"),
        ([], 1, 2, 1, "21 passed, 6 failed, 0 skipped"),
        (["mypy"], 0, 0, 1, "27 passed, 1 failed, 0 skipped (besides tests: mypy)"),
        (["mypy"], 1, 2, 1, "21 passed, 7 failed, 0 skipped (besides tests: mypy)"),
        (
            [],
            1,
            0,
            1,
            (
                "27 passed, 3 failed, 0 skipped (besides tests: tests: coverage, or the run itself, "
                "browsers and slow proofs: coverage, or the run itself, "
                "tests in front of a webcam: coverage, or the run itself)"
            ),
        ),
    ],
)
def test_the_last_line_counts_whatever_failed(
    tmp_path, monkeypatch, capsys, lint_fails, pytest_code, failures, exit_code, last_line
):
    def run(_command, layout, _environment):
        report = f'<testsuites><testsuite tests="9" failures="{failures}" errors="0" skipped="0"/></testsuites>'
        (layout.build / "tests.xml").write_text(report)
        return pytest_code

    monkeypatch.setattr(checks, "lint", lambda *_: lint_fails)
    monkeypatch.setattr(checks, "_run", run)
    assert checks.run_tests(Layout(tmp_path), {}) == exit_code
    assert capsys.readouterr().out.splitlines()[-1] == last_line


# make -------------------------------------------------------------------------------------------------------------


def _make(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)


def test_make_alone_explains_itself():
    answer = _make("--no-print-directory")
    assert answer.returncode == 0, answer.stderr
    for command in main.COMMANDS:
        assert f"make {command}" in answer.stdout


def test_every_command_of_make_reaches_the_script():
    for command in main.COMMANDS:
        assert f"scripts/bootstrap.py {command}" in _make("--dry-run", command).stdout


def test_continuous_integration_runs_make_test_and_nothing_else():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "set -euo pipefail"
    assert [line for line in lines if "make" in line] == ["exec make test </dev/null"]
