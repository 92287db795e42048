"""The blueprint of the physiotherapist's pages, `clinic_pages`, for clinicians. The modules that add pages to it are
named in `views`. Whose record may be opened is decided by `accounts.access.patient_for`, which writes the audit line.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint

clinic_pages = Blueprint("clinic_pages", __name__)

CONFLICT: Final = 409
INVALID: Final = 422
