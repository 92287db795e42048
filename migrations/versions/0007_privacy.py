"""Seals say by which scheme they were made, what a patient has told leaves the reasons of a plan's versions, and a
clinic's programmes hold no notes to one patient.

Revision 0007, after 0006.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TEMPLATE = sa.table(
    "plan_template",
    sa.column("id"),
    sa.column("items", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
)

# A step that was accepted, or an easing that was put into the plan, was written in the same instant as its version.
# The text is encrypted; it only moves, which needs no key.
_MOVE_WHAT_WAS_TOLD = """
UPDATE plan_revision SET evidence = reason, reason = NULL
WHERE reason IS NOT NULL AND EXISTS (
  SELECT 1 FROM plan WHERE plan.id = plan_revision.plan_id AND (
    EXISTS (
      SELECT 1 FROM proposal WHERE proposal.patient_id = plan.patient_id
      AND proposal.decided_at = plan_revision.created_at AND proposal.decision IN ('accepted', 'changed'))
    OR EXISTS (
      SELECT 1 FROM easing WHERE easing.patient_id = plan.patient_id
      AND easing.ended_at = plan_revision.created_at AND easing.ended_by = plan_revision.author_id)))
"""


def upgrade() -> None:
    op.add_column("plan_revision", sa.Column("evidence", sa.Text(), nullable=True))
    op.execute(_MOVE_WHAT_WAS_TOLD)
    # What was sealed until now was sealed by the first scheme; from now on the application says which it is.
    op.add_column("audit_seal", sa.Column("scheme", sa.Integer(), nullable=False, server_default="1"))
    _forget_notes()


def _forget_notes() -> None:
    """Notes are for one patient; the versions before this one kept them with a clinic's programme."""
    connection = op.get_bind()
    for key, lines in connection.execute(sa.select(_TEMPLATE.c.id, _TEMPLATE.c["items"])).all():
        lines = json.loads(lines) if isinstance(lines, str) else lines  # noqa: PLW2901  # the same, unpacked
        if any(line.get("note") for line in lines if isinstance(line, dict)):
            kept = [{**line, "note": None} if isinstance(line, dict) else line for line in lines]
            connection.execute(_TEMPLATE.update().where(_TEMPLATE.c.id == key).values(items=kept))


def downgrade() -> None:
    op.drop_column("audit_seal", "scheme")
    # Better with the version before it showing the reason to whoever may read the plan than with the reason lost.
    op.execute("UPDATE plan_revision SET reason = evidence WHERE reason IS NULL")
    op.drop_column("plan_revision", "evidence")
