"""What can keep `tracker watch` from working, in words a person can act on; see `tracker.vision.errors`."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path

from tracker.vision.errors import OutputError, VisionError


class ServerUnreachableError(VisionError):
    """The server does not answer, or not as it should; carries its address, why, and the HTTP status if any."""

    exit_code = 8

    def __init__(self, server: str, reason: str, status: int | None = None) -> None:
        self.server = server
        self.reason = reason
        self.status = status
        super().__init__(_("{server} does not answer ({reason}).").format(server=server, reason=reason))


class PairingError(VisionError):
    """This computer cannot be paired, or is not paired any more."""

    exit_code = 9


class ForeignFolderError(OutputError):
    """The folder belongs to another user of this computer; carries which."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            _(
                "this folder belongs to another user of this computer, who could change what is kept in it. Give a "
                "folder of your own with --folder, or leave --folder out"
            ),
        )


class OpenFolderError(OutputError):
    """Others on this computer may write into the folder; carries which."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            _(
                "others on this computer may write into this folder. Make it yours alone with “chmod 700 {path}”, or "
                "give another one with --folder"
            ).format(path=path),
        )


class ForeignFileError(OutputError):
    """A file of ours is somebody else's, a link, or open to others; carries which."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path, _("others may write to this file, or have put it there. Remove it, then start the program again")
        )


class RunningError(VisionError):
    """Another `tracker watch` uses the same folder; carries which."""

    exit_code = 10

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(
            _("“tracker watch” is running already ({folder}). See it with “tracker watch --status”.").format(
                folder=folder
            )
        )


class NoConsentError(VisionError):
    """The person does not agree to the camera being used (any more): nothing is watched."""

    exit_code = 11

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nothing is watched: the consent to the camera was taken back. Give it again in your account, then "
                "pair this computer anew."
            )
        )


class NoCameraError(VisionError):
    """There is no camera to calibrate with, or it gives no picture."""

    exit_code = 7


class CalibrationError(VisionError):
    """The calibration did not succeed; carries the engine's key of why."""

    exit_code = 12

    def __init__(self, key: str, sentence: str) -> None:
        self.key = key
        super().__init__(sentence)
