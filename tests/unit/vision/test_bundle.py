from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import pytest

from tracker.vision.bundle import DETECTOR_ARCHIVE, INPUT_SHA256, BundleError, build_bundles

SOURCE = Path(__file__).resolve().parents[3] / "node_modules" / "@mediapipe" / "pose"

pytestmark = pytest.mark.skipif(not SOURCE.is_dir(), reason="the npm package @mediapipe/pose is not installed")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    folder.mkdir()
    for name in (DETECTOR_ARCHIVE, "pose_landmark_lite.tflite"):
        shutil.copy(SOURCE / name, folder / name)
    return folder


def test_a_bundle_is_a_stored_zip_of_the_two_networks(source: Path, tmp_path: Path) -> None:
    (path,) = build_bundles(source, tmp_path / "models", ("lite",))

    assert path.name == "pose_landmarker_lite.task"
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        assert [info.filename for info in infos] == ["pose_detector.tflite", "pose_landmarks_detector.tflite"]
        assert {info.compress_type for info in infos} == {zipfile.ZIP_STORED}
        for info in infos:
            network = archive.read(info)
            assert network[4:8] == b"TFL3"
            assert b"TFLITE_METADATA" in network
            assert b"M001" in network


def test_building_again_gives_the_same_bytes(source: Path, tmp_path: Path) -> None:
    first, second = (
        build_bundles(source, tmp_path / name, ("lite",))[0].read_bytes() for name in ("models", "elsewhere")
    )

    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


def test_a_bundle_that_is_right_already_is_left_alone(source: Path, tmp_path: Path) -> None:
    (path,) = build_bundles(source, tmp_path / "models", ("lite",))
    written = path.stat().st_mtime_ns

    build_bundles(source, tmp_path / "models", ("lite",))

    assert path.stat().st_mtime_ns == written
    assert not list(path.parent.glob("*.partial"))


@pytest.mark.parametrize("name", [DETECTOR_ARCHIVE, "pose_landmark_lite.tflite"])
def test_an_input_that_differs_by_one_byte_is_refused(source: Path, tmp_path: Path, name: str) -> None:
    content = bytearray((source / name).read_bytes())
    content[len(content) // 2] ^= 1
    (source / name).write_bytes(content)

    with pytest.raises(BundleError, match=f"{name} is not the locked file"):
        build_bundles(source, tmp_path / "models", ("lite",))

    assert not list((tmp_path / "models").glob("*.task"))


def test_a_missing_input_is_named(source: Path, tmp_path: Path) -> None:
    (source / "pose_landmark_lite.tflite").unlink()

    with pytest.raises(BundleError, match=r"pose_landmark_lite\.tflite is missing"):
        build_bundles(source, tmp_path / "models", ("lite",))


def test_every_variant_has_a_recorded_checksum() -> None:
    assert set(INPUT_SHA256) == {DETECTOR_ARCHIVE} | {f"pose_landmark_{v}.tflite" for v in ("lite", "full", "heavy")}
    assert all(len(checksum) == 64 for checksum in INPUT_SHA256.values())
    for name, checksum in INPUT_SHA256.items():
        assert hashlib.sha256((SOURCE / name).read_bytes()).hexdigest() == checksum
