"""The pose model: assembles MediaPipe Tasks bundles from the npm package ``@mediapipe/pose``.

The package (Google, Apache-2.0) carries the BlazePose detector and the landmark networks that the Tasks runtime
wants, in another wrapping. This module checks every input against a SHA-256 recorded here, adds the
image-normalisation metadata that the Tasks runtime demands, and zips the pair into
``pose_landmarker_{lite,full,heavy}.task``. The same files serve Python and the browser, so both compute the same
thing (docs/decisions/0003). Limits: an input that differs by one byte is refused, never repaired.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
from mediapipe.tasks.metadata import metadata_schema_py_generated as metadata_schema
from mediapipe.tasks.metadata import schema_py_generated as tflite_schema

DETECTOR_ARCHIVE = "pose_solution_packed_assets.data"
DETECTOR_LENGTH = 2_962_288  # bytes; the range named by pose_solution_packed_assets_loader.js

# SHA-256 of every input, taken from @mediapipe/pose@0.5.1675469404.
INPUT_SHA256 = {
    DETECTOR_ARCHIVE: "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85",
    "pose_landmark_lite.tflite": "f17bfbecadb61c3be1baa8b8d851cc6619c870a87167b32848ad20db306b9d61",
    "pose_landmark_full.tflite": "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f",
    "pose_landmark_heavy.tflite": "59e42d71bcd44cbdbabc419f0ff76686595fd265419566bd4009ef703ea8e1fe",
}

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed date keeps the bundle byte-identical from one build to the next


class BundleError(Exception):
    """A model input is missing or is not the file that was locked; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """How a network wants its image: ``(pixel - mean) / std`` per channel, on 0..255 pixels."""

    mean: float
    std: float


DETECTOR_NORMALIZATION = Normalization(mean=127.5, std=127.5)
LANDMARK_NORMALIZATION = Normalization(mean=0.0, std=255.0)


def build_bundles(source: Path, target: Path, variants: tuple[str, ...] = ("lite", "full")) -> list[Path]:
    """Assemble one ``pose_landmarker_<variant>.task`` per variant in ``target`` from the npm package in ``source``.

    Existing bundles are kept when they are already what would be written. Raises `BundleError` when an input is
    missing or its SHA-256 is not the locked one.
    """
    target.mkdir(parents=True, exist_ok=True)
    detector = _add_normalization(_read_locked(source / DETECTOR_ARCHIVE)[:DETECTOR_LENGTH], DETECTOR_NORMALIZATION)
    written = []
    for variant in variants:
        landmarks = _add_normalization(_read_locked(source / f"pose_landmark_{variant}.tflite"), LANDMARK_NORMALIZATION)
        path = target / f"pose_landmarker_{variant}.task"
        _write_if_changed(path, _zip_stored(detector, landmarks))
        written.append(path)
    return written


def _read_locked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path.name} is missing from {path.parent}. Run `make setup` to fetch it again.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != INPUT_SHA256[path.name]:
        raise BundleError(
            f"{path.name} is not the locked file (SHA-256 {found[:12]}..., expected "
            f"{INPUT_SHA256[path.name][:12]}...). Remove node_modules and run `make setup` again."
        )
    return content


def _add_normalization(model: bytes, normalization: Normalization) -> bytes:
    """The same network with a ``TFLITE_METADATA`` buffer that states its input normalisation."""
    tree: Any = tflite_schema.ModelT.InitFromObj(tflite_schema.Model.GetRootAs(bytearray(model), 0))
    buffer = tflite_schema.BufferT()
    buffer.data = _metadata_buffer(normalization)
    entry = tflite_schema.MetadataT()
    entry.name = "TFLITE_METADATA"
    entry.buffer = len(tree.buffers)
    tree.buffers.append(buffer)
    tree.metadata = [*(m for m in tree.metadata or [] if m.name != b"TFLITE_METADATA"), entry]
    return _pack(tree.Pack, b"TFL3")


def _metadata_buffer(normalization: Normalization) -> bytes:
    options = metadata_schema.NormalizationOptionsT()
    options.mean = [normalization.mean]
    options.std = [normalization.std]
    unit = metadata_schema.ProcessUnitT()
    unit.optionsType = metadata_schema.ProcessUnitOptions.NormalizationOptions
    unit.options = options
    image = metadata_schema.ImagePropertiesT()
    image.colorSpace = metadata_schema.ColorSpaceType.RGB
    content = metadata_schema.ContentT()
    content.contentPropertiesType = metadata_schema.ContentProperties.ImageProperties
    content.contentProperties = image
    tensor = metadata_schema.TensorMetadataT()
    tensor.name = "image"
    tensor.content = content
    tensor.processUnits = [unit]
    graph = metadata_schema.SubGraphMetadataT()
    graph.inputTensorMetadata = [tensor]
    root = metadata_schema.ModelMetadataT()
    root.name = "BlazePose"
    root.subgraphMetadata = [graph]
    return _pack(root.Pack, b"M001")


def _pack(pack: Callable[[Any], int], file_identifier: bytes) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(pack(builder), file_identifier=file_identifier)
    return bytes(builder.Output())


def _zip_stored(detector: bytes, landmarks: bytes) -> bytes:
    """Zip without compression: the runtime maps the networks straight out of the archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as bundle:
        for name, content in (("pose_detector.tflite", detector), ("pose_landmarks_detector.tflite", landmarks)):
            bundle.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content)
    return archive.getvalue()


def _write_if_changed(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)  # a reader never sees half a model
