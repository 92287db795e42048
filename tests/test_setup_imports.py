"""The house rules of imports: which room may use what, and who reads the clock and the environment.

The order of the rooms among each other is import-linter's (pyproject.toml); what it cannot say is said here. Imports
for type checkers only (`if TYPE_CHECKING:`) load nothing and do not count.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MODULES = sorted(path for folder in ("exercises", "tracker") for path in (ROOT / folder).rglob("*.py"))

# Library -> modules that may load it. Flask-Babel is not in the list: words are where they are said.
ROOMS = {
    "flask": ("*views", "*.forms", "tracker.web.*", "tracker.app"),
    "flask_login": ("*views", "tracker.web.*", "tracker.app"),
    "flask_wtf": ("*views", "*.forms", "tracker.web.*", "tracker.app"),
    "wtforms": ("*views", "*.forms", "tracker.web.*"),
    "werkzeug": ("*views", "tracker.web.*", "tracker.app"),
    "sqlalchemy": ("*.models", "*service", "tracker.db", "tracker.schema"),
    "alembic": ("tracker.schema",),
    "cv2": ("tracker.vision.*",),
    "mediapipe": ("tracker.vision.*",),
    "flatbuffers": ("tracker.vision.*",),
    "apscheduler": ("tracker.reminders.scheduler",),
    "waitress": ("tracker.cli",),
    "dbus_fast": ("tracker.vision.watch.*",),
    "desktop_notifier": ("tracker.vision.watch.*",),
    "inotify_simple": ("tracker.vision.watch.*",),
    "platformdirs": ("tracker.vision.watch.*",),
    "markdown_it": ("tracker.learn.library",),
    "weasyprint": ("tracker.clinic.report_pdf",),
}

FOR_RULES = {*sys.stdlib_module_names, "exercises", "tracker", "scipy"}

# What only one module may call, and which one.
CLOCKS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
}
ENVIRONMENT = {"os.environ", "os.getenv", "os.environb"}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _is_for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _loaded(path: Path) -> set[str]:
    """The dotted names of all modules that `path` loads, wherever in the file."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if _is_for_type_checkers(node):
            waiting.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        waiting.extend(ast.iter_child_nodes(node))
    return found


def _used(path: Path) -> set[str]:
    """Every `a.b` in the file, such as `datetime.now`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        f"{node.value.id}.{node.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }


def _libraries(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _loaded(path)}


def _ids(paths: list[Path]) -> list[str]:
    return [_name(path) for path in paths]


ENGINE = [path for path in MODULES if path.is_relative_to(ROOT / "exercises")]
RULES = [path for path in MODULES if path.name == "rules.py"]


@pytest.mark.parametrize("path", ENGINE, ids=_ids(ENGINE))
def test_the_engine_needs_nothing_but_python(path):
    assert _libraries(path) <= {*sys.stdlib_module_names, "exercises"}


@pytest.mark.parametrize("path", RULES, ids=_ids(RULES))
def test_rules_decide_without_web_database_or_other_rooms(path):
    assert _libraries(path) <= FOR_RULES
    own = {name for name in _loaded(path) if name.startswith("tracker.")}
    strangers = {name for name in own if ".rules" not in name and not _holds_rules(name, own)}
    assert not strangers


def _holds_rules(package: str, names: set[str]) -> bool:
    """Whether `package` is only there as the place of a rules module (`from tracker.regimen import rules`)."""
    return f"{package}.rules" in names


@pytest.mark.parametrize("path", MODULES, ids=_ids(MODULES))
def test_libraries_stay_in_their_rooms(path):
    module = _name(path)
    astray = [
        library
        for library in _libraries(path) & ROOMS.keys()
        if not any(fnmatch(module, room) for room in ROOMS[library])
    ]
    assert not astray, f"{module} loads {', '.join(astray)}"


@pytest.mark.parametrize("path", MODULES, ids=_ids(MODULES))
def test_time_and_environment_come_through_one_door_each(path):
    module = _name(path)
    if module != "tracker.clock":
        assert not _used(path) & CLOCKS
    if module not in {"tracker.settings", "tracker.cli"}:  # the command line turns its options into settings
        assert not _used(path) & ENVIRONMENT


def test_rooms_import_each_other_in_one_direction_only():
    program = Path(sys.executable).parent / "lint-imports"
    answer = subprocess.run([str(program), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
