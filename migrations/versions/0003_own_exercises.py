"""Exercises that a clinic recorded itself, and their revisions.

Revision 0003, after 0002.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "clinic_exercise",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_clinic_exercise_clinic_id_clinic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_exercise")),
        sa.UniqueConstraint("slug", name=op.f("uq_clinic_exercise_slug")),
    )
    op.create_index("ix_clinic_exercise_clinic_id", "clinic_exercise", ["clinic_id"])
    op.create_table(
        "clinic_exercise_revision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("exercise_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("document", JSON_DOCUMENT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["person.id"],
            name=op.f("fk_clinic_exercise_revision_author_id_person"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["exercise_id"],
            ["clinic_exercise.id"],
            name=op.f("fk_clinic_exercise_revision_exercise_id_clinic_exercise"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic_exercise_revision")),
        sa.UniqueConstraint("exercise_id", "number", name=op.f("uq_clinic_exercise_revision_exercise_id_number")),
    )
    op.create_index("ix_clinic_exercise_revision_author_id", "clinic_exercise_revision", ["author_id"])


def downgrade() -> None:
    for table in ("clinic_exercise_revision", "clinic_exercise"):
        op.drop_table(table)
