"""The physiotherapist's side: absences, notes, appointments, templates, proposals, easings, seals, erasures.

Revision 0006, after 0005.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
    )
    op.create_table(
        "audit_sealed",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("seal_number", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seal_number"], ["audit_seal.number"], name=op.f("fk_audit_sealed_seal_number_audit_seal")
        ),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_audit_sealed")),
        sa.UniqueConstraint("seal_number", "position", name=op.f("uq_audit_sealed_seal_number_position")),
    )
    op.create_table(
        "erasure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "counts",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_erasure_clinic_id_clinic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_clinic_id"), ["clinic_id"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("physio_id", sa.Uuid(), nullable=False),
        sa.Column("backup_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["backup_id"], ["person.id"], name=op.f("fk_absence_backup_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["physio_id"], ["person.id"], name=op.f("fk_absence_physio_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_absence_backup_id"), ["backup_id"], unique=False)
        batch_op.create_index("ix_absence_physio_id_since", ["physio_id", "since"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("physio_id", sa.Uuid(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_appointment_patient_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["physio_id"], ["person.id"], name=op.f("fk_appointment_physio_id_person"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
    )
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.create_index("ix_appointment_patient_id_starts_at", ["patient_id", "starts_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_appointment_physio_id"), ["physio_id"], unique=False)

    op.create_table(
        "easing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("exercise", sa.String(length=64), nullable=True),
        sa.Column("factor", sa.Double(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column(
            "detail",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ended_by"], ["person.id"], name=op.f("fk_easing_ended_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_easing_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_easing")),
    )
    with op.batch_alter_table("easing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_easing_ended_by"), ["ended_by"], unique=False)
        batch_op.create_index("ix_easing_patient_id_from_on", ["patient_id", "from_on"], unique=False)

    op.create_table(
        "message_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_message_template_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_message_template_clinic_id_clinic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
    )
    with op.batch_alter_table("message_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_message_template_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_template_clinic_id"), ["clinic_id"], unique=False)

    op.create_table(
        "patient_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('note', 'call')", name=op.f("ck_patient_note_kind")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_patient_note_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_patient_note_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient_note")),
    )
    with op.batch_alter_table("patient_note", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_patient_note_author_id"), ["author_id"], unique=False)
        batch_op.create_index("ix_patient_note_patient_id_at", ["patient_id", "at"], unique=False)

    op.create_table(
        "plan_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column(
            "items",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("author_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_plan_template_author_id_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_plan_template_clinic_id_clinic"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_template")),
    )
    with op.batch_alter_table("plan_template", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_template_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_template_clinic_id"), ["clinic_id"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("exercise", sa.String(length=64), nullable=False),
        sa.Column("plan_number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column(
            "change",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "evidence",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(length=8), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "decision IN ('accepted', 'changed', 'declined', 'lapsed')", name=op.f("ck_proposal_decision")
        ),
        sa.CheckConstraint("kind IN ('progress', 'regress')", name=op.f("ck_proposal_kind")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_proposal_decided_by_person"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["person.id"], name=op.f("fk_proposal_patient_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposal_decided_by"), ["decided_by"], unique=False)
        batch_op.create_index("ix_proposal_patient_id_made_at", ["patient_id", "made_at"], unique=False)
        batch_op.create_index(
            "uq_proposal_open",
            ["patient_id", "exercise", "kind"],
            unique=True,
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )

    op.create_table(
        "saved_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("physio_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "query",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["physio_id"], ["person.id"], name=op.f("fk_saved_view_physio_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_saved_view_physio_id"), ["physio_id"], unique=False)

    # Not in a batch: that would make the table anew, and lose the triggers that keep it append-only.
    op.add_column("audit_event", sa.Column("clinic_id", sa.Uuid(), nullable=True))
    op.create_index("ix_audit_event_clinic_id_at", "audit_event", ["clinic_id", "at"], unique=False)

    with op.batch_alter_table("care_link", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("absence_id", sa.Uuid(), nullable=True))
        batch_op.create_index(batch_op.f("ix_care_link_absence_id"), ["absence_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_care_link_absence_id_absence"), "absence", ["absence_id"], ["id"], ondelete="SET NULL"
        )

    op.add_column("person", sa.Column("birth_year", sa.Integer(), nullable=True))

    op.add_column(
        "prescription",
        sa.Column(
            "overridden",
            sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"),
            nullable=True,
        ),
    )
    op.add_column("prescription", sa.Column("override_reason", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("prescription", "override_reason")
    op.drop_column("prescription", "overridden")

    op.drop_column("person", "birth_year")

    with op.batch_alter_table("care_link", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_care_link_absence_id_absence"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_care_link_absence_id"))
        batch_op.drop_column("absence_id")
        batch_op.drop_column("reason")

    op.drop_index("ix_audit_event_clinic_id_at", table_name="audit_event")
    op.drop_column("audit_event", "clinic_id")

    with op.batch_alter_table("saved_view", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_saved_view_physio_id"))

    op.drop_table("saved_view")
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_proposal_open",
            sqlite_where=sa.text("decided_at IS NULL"),
            postgresql_where=sa.text("decided_at IS NULL"),
        )
        batch_op.drop_index("ix_proposal_patient_id_made_at")
        batch_op.drop_index(batch_op.f("ix_proposal_decided_by"))

    op.drop_table("proposal")
    with op.batch_alter_table("plan_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_template_clinic_id"))
        batch_op.drop_index(batch_op.f("ix_plan_template_author_id"))

    op.drop_table("plan_template")
    with op.batch_alter_table("patient_note", schema=None) as batch_op:
        batch_op.drop_index("ix_patient_note_patient_id_at")
        batch_op.drop_index(batch_op.f("ix_patient_note_author_id"))

    op.drop_table("patient_note")
    with op.batch_alter_table("message_template", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_template_clinic_id"))
        batch_op.drop_index(batch_op.f("ix_message_template_author_id"))

    op.drop_table("message_template")
    with op.batch_alter_table("easing", schema=None) as batch_op:
        batch_op.drop_index("ix_easing_patient_id_from_on")
        batch_op.drop_index(batch_op.f("ix_easing_ended_by"))

    op.drop_table("easing")
    with op.batch_alter_table("appointment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_appointment_physio_id"))
        batch_op.drop_index("ix_appointment_patient_id_starts_at")

    op.drop_table("appointment")
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.drop_index("ix_absence_physio_id_since")
        batch_op.drop_index(batch_op.f("ix_absence_backup_id"))

    op.drop_table("absence")
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erasure_clinic_id"))

    op.drop_table("erasure")
    op.drop_table("audit_sealed")
    op.drop_table("audit_seal")
