"""All that a browser loads besides pages: style sheets, scripts, fonts, MediaPipe, Pyodide, pose models, the engine.

`build_assets` copies the listed files into groups, each in a folder named after the hash of its content, so that an
address never changes its meaning and may be cached for ever, and relative imports between modules of one group keep
working without a bundler. Files that shrink are stored a second time with gzip: measured on the largest (MediaPipe
11.2 MB -> 3.3, Pyodide 9.6 -> 3.5, lite model 5.8 -> 5.0, all in 1.6 s), brotli at quality 9 would save another 8 %
of the first visit at the price of a compiled dependency, and at quality 11 takes 90 s.

`init_assets` loads the manifest, registers the template global `asset(name)` and the route that serves exactly the
files of the manifest: a name that is not listed does not exist, so there is no path to traverse.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, abort, current_app, has_request_context, request, send_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

FORMAT_VERSION = 3
"""Raised when the layout of the built folder changes, so that an older one is built anew."""

MANIFEST_NAME = "manifest.json"
ONE_YEAR_S = 31_536_000
SMALLEST_COMPRESSED_BYTES = 1024
WORTHWHILE_RATIO = 0.95
"""A compressed twin is kept only when it saves at least 5 %."""
GZIP_LEVEL = 6
HASH_CHARACTERS = 12
OLD_BUILDS_KEPT = 3

MIME_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
    ".zip": "application/zip",
    ".task": "application/octet-stream",
}

blueprint = Blueprint("assets", __name__)


class AssetsMissingError(Exception):
    """Files a group is made of are not there; says which and what to do."""

    def __init__(self, missing: Iterable[Path]) -> None:
        self.missing = tuple(missing)
        listed = "\n".join(f"  {path}" for path in self.missing)
        super().__init__(
            f"These files are needed for the pages and are missing:\n{listed}\n"
            "Run `make setup`: it installs the locked npm packages and builds the pose models."
        )


@dataclass(frozen=True, slots=True)
class Source:
    """One file on its way into a group: where it is, what it is called there, how its bytes are changed on the way."""

    path: Path
    name: str
    change: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    path: Path
    mime_type: str
    tag: str
    compressed: Path | None


def build_assets(project_root: Path, target: Path, *, allow_missing: bool = False) -> None:
    """Make `target` hold every group as its sources are now; returns at once when nothing changed.

    Sources are compared by size and modification time. With `allow_missing`, a group whose sources are not there
    (no npm packages yet) is left out; otherwise AssetsMissingError names the files.
    """
    groups = _groups(project_root)
    missing = [source.path for sources in groups.values() for source in sources if not source.path.is_file()]
    if missing and not allow_missing:
        raise AssetsMissingError(missing)
    complete = {name: sources for name, sources in groups.items() if all(source.path.is_file() for source in sources)}
    previous = _read_manifest(target)
    prints = {name: _fingerprint(sources, project_root) for name, sources in complete.items()}
    if prints == previous.get("fingerprints") and all((target / name).is_dir() for name in _folders_of(previous)):
        return
    target.mkdir(parents=True, exist_ok=True)
    folders: dict[str, str] = {}
    files: dict[str, dict[str, dict[str, Any]]] = {}
    for name, sources in complete.items():
        folders[name], files[name] = _build_group(name, sources, target)
    manifest = {"format": FORMAT_VERSION, "fingerprints": prints, "folders": folders, "files": files}
    _write_whole(target / MANIFEST_NAME, json.dumps(manifest, indent=1, sort_keys=True).encode())
    _remove_old(target, listed=set(folders.values()))


def init_assets(app: Flask, project_root: Path, target: Path | None = None) -> None:
    """Build what is out of date, and give the application its `asset(name)`. The route is registered by the caller's
    guard list (`assets.blueprint`), like every other.
    """
    folder = target or project_root / "build" / "assets"
    build_assets(project_root, folder, allow_missing=True)
    manifest = _read_manifest(folder)
    app.extensions["tracker_assets"] = dict(_listed(manifest, folder))
    folders: dict[str, str] = manifest.get("folders", {})

    def asset(name: str) -> str:
        """The address of a file by its lasting name, such as 'app/css/app.css'. A file of a group that is not
        installed gets an address that answers 404: the page stays usable without it.
        """
        group, _, rest = name.partition("/")
        return f"{_prefix()}/assets/{folders.get(group, f'{group}-missing')}/{rest}"

    app.jinja_env.globals["asset"] = asset


@blueprint.get("/assets/<path:name>")
def serve(name: str) -> Response:
    """A listed file, compressed where the browser takes it; everything else does not exist."""
    asset: Asset | None = current_app.extensions["tracker_assets"].get(name)
    if asset is None:
        abort(404)
    compressed = asset.compressed if request.accept_encodings["gzip"] > 0 else None
    # The two encodings are two representations: one tag each, or a cache could answer with the wrong bytes.
    tag = f"{asset.tag}-gz" if compressed else asset.tag
    if request.if_none_match.contains(tag):
        response = Response(status=304)
    else:
        response = send_file(compressed or asset.path, mimetype=asset.mime_type, etag=False, conditional=False)
        response.headers["Content-Type"] = asset.mime_type
        # Flask names the file it sent, which is the compressed twin; a browser needs no name.
        response.headers.pop("Content-Disposition", None)
        if compressed:
            response.headers["Content-Encoding"] = "gzip"
    response.set_etag(tag)
    if asset.compressed:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"public, max-age={ONE_YEAR_S}, immutable"
    return response


def _prefix() -> str:
    """The path this application is mounted under, when a reverse proxy mounts it below the root."""
    return request.script_root if has_request_context() else ""


def _groups(root: Path) -> dict[str, list[Source]]:
    """What is served, as data: group -> files. Order matters to nobody; names are lasting."""
    npm = root / "node_modules"
    own = root / "tracker" / "web" / "static"
    inter = npm / "@fontsource-variable" / "inter"
    vision = npm / "@mediapipe" / "tasks-vision"
    interpreter = npm / "vega-interpreter/build/vega-interpreter.js"
    vega = {
        "vega.min.js": npm / "vega/build/vega.min.js",
        "vega-lite.min.js": npm / "vega-lite/build/vega-lite.min.js",
        "vega-embed.min.js": npm / "vega-embed/build/vega-embed.min.js",
    }
    return {
        "app": _tree(own, {".css", ".js", ".svg", ".png"}, named_from=own),
        "engine": _tree(root / "exercises", {".py", ".toml"}, named_from=root),
        "bootstrap": [
            Source(npm / "bootstrap/dist/css/bootstrap.min.css", "bootstrap.min.css", _without_source_map),
            Source(npm / "bootstrap/dist/js/bootstrap.bundle.min.js", "bootstrap.bundle.min.js", _without_source_map),
        ],
        "inter": [
            Source(inter / "wght.css", "inter.css"),
            *(
                Source(inter / "files" / f"inter-{script}-wght-normal.woff2", f"files/inter-{script}-wght-normal.woff2")
                for script in ("latin", "latin-ext", "vietnamese", "greek", "greek-ext", "cyrillic", "cyrillic-ext")
            ),
        ],
        "vision": [
            Source(vision / "vision_bundle.mjs", "vision_bundle.mjs", _without_source_map),
            Source(vision / "wasm/vision_wasm_module_internal.js", "wasm/vision_wasm_module_internal.js"),
            Source(vision / "wasm/vision_wasm_module_internal.wasm", "wasm/vision_wasm_module_internal.wasm"),
        ],
        "pyodide": [
            Source(npm / "pyodide" / name, name, _without_source_map if name == "pyodide.mjs" else None)
            for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
        ],
        "pose": [
            Source(root / "build/models" / name, name)
            for name in ("pose_landmarker_lite.task", "pose_landmarker_full.task")
        ],
        "vega": [
            *(Source(path, name, _without_source_map) for name, path in vega.items()),
            Source(interpreter, "vega-interpreter.js", _interpreter_for_browsers),
        ],
    }


ARCHIVED_GROUPS: Mapping[str, str] = {"engine": "exercises.zip"}
"""Groups delivered as one archive: Pyodide unpacks it into its own file system."""


def _tree(folder: Path, suffixes: set[str], *, named_from: Path) -> list[Source]:
    paths = (path for path in folder.rglob("*") if path.suffix in suffixes and "__pycache__" not in path.parts)
    return [Source(path, path.relative_to(named_from).as_posix()) for path in sorted(paths)]


def _without_source_map(content: bytes) -> bytes:
    """Source maps are not served; without the hint, developer tools do not ask for them in vain."""
    return re.sub(rb"\n?(//# sourceMappingURL=[^\n]*|/\*# sourceMappingURL=[^*]*\*/)\s*$", b"\n", content)


def _interpreter_for_browsers(content: bytes) -> bytes:
    """The CSP-safe expression interpreter is published as a module that imports 'vega-util' by its bare name, which
    only an import map (an inline script, so not under our CSP) could resolve. Vega's own build carries the same
    functions on its global, and the page loads that first.
    """
    imported = re.compile(rb"import\s*\{([^}]*)\}\s*from\s*'vega-util';")
    if not imported.search(content):
        raise ValueError("vega-interpreter no longer imports vega-util the way this build step expects; adapt it")
    return imported.sub(rb"const {\1} = globalThis.vega;", content, count=1)


def _fingerprint(sources: Iterable[Source], root: Path) -> str:
    digest = hashlib.sha256(str(FORMAT_VERSION).encode())
    for source in sources:
        state = source.path.stat()
        digest.update(f"{source.path.relative_to(root)}|{source.name}|{state.st_size}|{state.st_mtime_ns}\n".encode())
    # A changed rule of this file changes what is built from unchanged sources.
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def _build_group(name: str, sources: list[Source], target: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """Write one group into its own folder; returns the folder's name and the facts about its files."""
    contents = {source.name: _content(source) for source in sources}
    if name in ARCHIVED_GROUPS:
        contents = {ARCHIVED_GROUPS[name]: _archive(contents)}
    digest = hashlib.sha256()
    for file_name, content in sorted(contents.items()):
        digest.update(file_name.encode() + b"\0" + hashlib.sha256(content).digest())
    folder = f"{name}-{digest.hexdigest()[:HASH_CHARACTERS]}"
    files = {
        file_name: {"tag": hashlib.sha256(content).hexdigest()[:20], "compressed": _compressed(file_name, content)}
        for file_name, content in contents.items()
    }
    if not (target / folder).is_dir():
        _write_group(target / folder, contents, files)
    return folder, {
        file_name: {"tag": facts["tag"], "compressed": facts["compressed"] is not None}
        for file_name, facts in files.items()
    }


def _content(source: Source) -> bytes:
    content = source.path.read_bytes()
    return source.change(content) if source.change else content


def _archive(contents: Mapping[str, bytes]) -> bytes:
    """One zip whose bytes depend on the contents alone (fixed dates), so that its hash does too."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def _compressed(name: str, content: bytes) -> bytes | None:
    if len(content) < SMALLEST_COMPRESSED_BYTES or PurePosixPath(name).suffix in {".woff2", ".png", ".zip"}:
        return None
    packed = gzip.compress(content, GZIP_LEVEL, mtime=0)
    return packed if len(packed) <= WORTHWHILE_RATIO * len(content) else None


def _write_group(folder: Path, contents: Mapping[str, bytes], files: Mapping[str, Mapping[str, Any]]) -> None:
    """Into a temporary folder first: another process that starts at the same moment sees a whole group or none."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
        made = Path(scratch) / folder.name
        for name, content in contents.items():
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            packed = files[name]["compressed"]
            if packed is not None:
                path.with_name(f"{path.name}.gz").write_bytes(packed)
        try:
            made.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise


def _write_whole(path: Path, content: bytes) -> None:
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".manifest-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    Path(scratch).replace(path)


def _read_manifest(target: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads((target / MANIFEST_NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return manifest if manifest.get("format") == FORMAT_VERSION else {}


def _folders_of(manifest: Mapping[str, Any]) -> Iterable[str]:
    folders: dict[str, str] = manifest.get("folders", {})
    return folders.values()


def _remove_old(target: Path, listed: set[str]) -> None:
    """Older builds go, except the latest few of each group: a process started a minute ago still serves from them."""
    unlisted = [path for path in target.iterdir() if path.is_dir() and "-" in path.name and path.name not in listed]
    kept: Counter[str] = Counter()
    for path in sorted(unlisted, key=lambda folder: folder.stat().st_mtime, reverse=True):
        group = path.name.rpartition("-")[0]
        kept[group] += 1
        if kept[group] > OLD_BUILDS_KEPT:
            shutil.rmtree(path, ignore_errors=True)


def _listed(manifest: Mapping[str, Any], target: Path) -> Iterator[tuple[str, Asset]]:
    for group, folder in manifest.get("folders", {}).items():
        for name, facts in manifest["files"][group].items():
            path = target / folder / name
            yield (
                f"{folder}/{name}",
                Asset(
                    path=path,
                    mime_type=MIME_TYPES.get(path.suffix, "application/octet-stream"),
                    tag=facts["tag"],
                    compressed=path.with_name(f"{path.name}.gz") if facts["compressed"] else None,
                ),
            )
