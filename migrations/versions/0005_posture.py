"""Posture at the desk: settings, baselines, watchers, pairing, minutes, breaks; desk checks.

Revision 0005, after 0004.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column(
            "answers",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_desk_check_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_check")),
    )
    with op.batch_alter_table("desk_check", schema=None) as batch_op:
        batch_op.create_index("ix_desk_check_patient_id_local_date", ["patient_id", "local_date"], unique=False)

    op.create_table(
        "posture_baseline",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("place_id", sa.Uuid(), nullable=False),
        sa.Column("place_name", sa.Text(), nullable=False),
        sa.Column("camera", sa.Text(), nullable=False),
        sa.Column("view", sa.String(length=8), nullable=False),
        sa.Column("confidence", sa.String(length=8), nullable=False),
        sa.Column("engine_version", sa.String(length=16), nullable=False),
        sa.Column(
            "document",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("confidence IN ('normal', 'low')", name=op.f("ck_posture_baseline_confidence")),
        sa.CheckConstraint("view IN ('front', 'side')", name=op.f("ck_posture_baseline_view")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_posture_baseline_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posture_baseline")),
    )
    with op.batch_alter_table("posture_baseline", schema=None) as batch_op:
        batch_op.create_index("ix_posture_baseline_patient_id_made_at", ["patient_id", "made_at"], unique=False)

    op.create_table(
        "posture_break",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("watcher_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.String(length=8), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("exercise", sa.String(length=64), nullable=True),
        sa.Column("prescription_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("credited_by", sa.String(length=8), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("cause IN ('still', 'clock', 'asked')", name=op.f("ck_posture_break_cause")),
        sa.CheckConstraint("outcome IN ('taken', 'not_now', 'passed')", name=op.f("ck_posture_break_outcome")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_posture_break_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posture_break")),
    )
    with op.batch_alter_table("posture_break", schema=None) as batch_op:
        batch_op.create_index("ix_posture_break_patient_id_local_date", ["patient_id", "local_date"], unique=False)

    op.create_table(
        "posture_pairing",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_posture_pairing_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_posture_pairing")),
    )
    with op.batch_alter_table("posture_pairing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posture_pairing_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_posture_pairing_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "posture_settings",
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("break_rule", sa.String(length=8), nullable=False),
        sa.Column("break_every_min", sa.Integer(), nullable=False),
        sa.Column("sit_stand", sa.Boolean(), nullable=False),
        sa.Column("notices_per_hour", sa.Integer(), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("snoozed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_on", sa.Date(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "break_rule IN ('still', 'clock', 'both', 'off')", name=op.f("ck_posture_settings_break_rule")
        ),
        sa.CheckConstraint("break_every_min BETWEEN 20 AND 60", name=op.f("ck_posture_settings_break_every_min")),
        sa.CheckConstraint("notices_per_hour BETWEEN 0 AND 3", name=op.f("ck_posture_settings_notices_per_hour")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_posture_settings_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_posture_settings")),
    )
    op.create_table(
        "posture_watcher",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('browser', 'agent')", name=op.f("ck_posture_watcher_kind")),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_posture_watcher_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posture_watcher")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_posture_watcher_token_hash")),
    )
    with op.batch_alter_table("posture_watcher", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posture_watcher_patient_id"), ["patient_id"], unique=False)

    op.create_table(
        "posture_minute",
        sa.Column("watcher_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("comfort_s", sa.Integer(), nullable=False),
        sa.Column("slouch_s", sa.Integer(), nullable=False),
        sa.Column("away_s", sa.Integer(), nullable=False),
        sa.Column("unknown_s", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("stands", sa.Integer(), nullable=False),
        sa.Column("still_s", sa.Integer(), nullable=False),
        sa.Column("movement", sa.Double(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("view", sa.String(length=8), nullable=True),
        sa.Column("baseline_id", sa.Uuid(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_posture_minute_patient_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["watcher_id"],
            ["posture_watcher.id"],
            name=op.f("fk_posture_minute_watcher_id_posture_watcher"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("watcher_id", "starts_at", name=op.f("pk_posture_minute")),
    )
    with op.batch_alter_table("posture_minute", schema=None) as batch_op:
        batch_op.create_index("ix_posture_minute_patient_id_local_date", ["patient_id", "local_date"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("posture_minute", schema=None) as batch_op:
        batch_op.drop_index("ix_posture_minute_patient_id_local_date")

    op.drop_table("posture_minute")
    with op.batch_alter_table("posture_watcher", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posture_watcher_patient_id"))

    op.drop_table("posture_watcher")
    op.drop_table("posture_settings")
    with op.batch_alter_table("posture_pairing", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_posture_pairing_patient_id"))
        batch_op.drop_index(batch_op.f("ix_posture_pairing_expires_at"))

    op.drop_table("posture_pairing")
    with op.batch_alter_table("posture_break", schema=None) as batch_op:
        batch_op.drop_index("ix_posture_break_patient_id_local_date")

    op.drop_table("posture_break")
    with op.batch_alter_table("posture_baseline", schema=None) as batch_op:
        batch_op.drop_index("ix_posture_baseline_patient_id_made_at")

    op.drop_table("posture_baseline")
    with op.batch_alter_table("desk_check", schema=None) as batch_op:
        batch_op.drop_index("ix_desk_check_patient_id_local_date")

    op.drop_table("desk_check")
