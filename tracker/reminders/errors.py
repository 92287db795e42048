"""What can be wrong with a wish."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class ReminderError(Exception):
    """Something cannot be saved as it is. `fields`: field -> key of a sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {key}" for name, key in fields.items()))
        self.fields = dict(fields)
