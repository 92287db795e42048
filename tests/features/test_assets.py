"""Files for browsers: built once, found by hash, compressed where the browser takes it, and nothing else is served."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from tracker.web import assets
from tracker.web.assets import AssetsMissingError, build_assets, init_assets


def make_project(root: Path) -> Path:
    """A project with the two groups that are our own; the npm packages are missing."""
    for name, text in {
        "tracker/web/static/css/app.css": "body { color: teal }\n" * 100,
        "tracker/web/static/js/small.js": "export const one = 1;\n",
        "exercises/__init__.py": "ENGINE = 1\n",
        "exercises/library/press.toml": 'id = "press"\n',
        "exercises/__pycache__/x.py": "not shipped\n",
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def site(tmp_path: Path) -> Flask:
    app = Flask("assets-only")
    app.testing = True
    app.register_blueprint(assets.blueprint)
    init_assets(app, make_project(tmp_path / "project"), tmp_path / "built")
    return app


def address(app: Flask, name: str) -> str:
    with app.test_request_context():
        found = app.jinja_env.globals["asset"](name)
    assert isinstance(found, str)
    return found


def test_an_address_carries_a_hash_and_may_be_kept_for_ever(site):
    url = address(site, "app/js/small.js")
    assert re.fullmatch(r"/assets/app-[0-9a-f]{12}/js/small\.js", url)
    answer = site.test_client().get(url, buffered=True)
    assert answer.text == "export const one = 1;\n"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"


def test_each_encoding_has_its_own_bytes_and_tag(site):
    client, url = site.test_client(), address(site, "app/css/app.css")
    packed = client.get(url, headers={"Accept-Encoding": "gzip"}, buffered=True)
    plain = client.get(url, headers={"Accept-Encoding": "gzip;q=0"}, buffered=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Disposition" not in packed.headers
    assert gzip.decompress(packed.data) == plain.data
    assert {packed.headers["Vary"], plain.headers["Vary"]} == {"Accept-Encoding"}
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = client.get(url, headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    ["manifest.json", "../manifest.json", "app-000000000000/js/small.js", "%2e%2e/%2e%2e/etc/passwd", "vega-missing/x"],
)
def test_what_is_not_listed_does_not_exist(site, path):
    assert site.test_client().get(f"/assets/{path}").status_code == 404


def test_the_compressed_twin_is_not_an_address_of_its_own(site):
    assert site.test_client().get(f"{address(site, 'app/css/app.css')}.gz").status_code == 404


def test_a_group_that_is_not_installed_gets_an_address_that_answers_404(site):
    url = address(site, "bootstrap/bootstrap.min.css")
    assert site.test_client().get(url).status_code == 404


def test_the_engine_travels_as_one_archive_that_follows_its_sources(tmp_path):
    project, target = make_project(tmp_path / "project"), tmp_path / "built"

    def built() -> Path:
        build_assets(project, target, allow_missing=True)
        manifest = assets._read_manifest(target)
        return target / manifest["folders"]["engine"] / "exercises.zip"

    first = built()
    with zipfile.ZipFile(io.BytesIO(first.read_bytes())) as archive:
        assert sorted(archive.namelist()) == ["exercises/__init__.py", "exercises/library/press.toml"]
    made_at = first.stat().st_mtime_ns
    assert built() == first
    assert first.stat().st_mtime_ns == made_at
    (project / "exercises/library/press.toml").write_text('id = "press"\nrevision = 2\n')
    second = built()
    assert second != first
    assert first.exists(), "a process that is still running serves from it"


def test_missing_sources_are_named_with_what_to_do(tmp_path):
    with pytest.raises(AssetsMissingError, match=r"(?s)bootstrap\.min\.css.*make setup"):
        build_assets(make_project(tmp_path / "project"), tmp_path / "built")


def test_an_interpreter_that_changed_its_imports_stops_the_build():
    rewritten = assets._interpreter_for_browsers(b"import { isString } from 'vega-util';\nexport {};")
    assert rewritten.startswith(b"const { isString } = globalThis.vega;")
    with pytest.raises(ValueError, match="vega-interpreter"):
        assets._interpreter_for_browsers(b"import * as u from 'vega-util';")
