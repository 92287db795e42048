"""Who stands in and who leads, and that only people of the clinic can."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent
from tracker.alerts import duty_service
from tracker.alerts.duty_service import Duty, DutyError

HOURS = {"weekdays": "12345", "opens": "08:00", "closes": "18:00"}


def save(office, clinic, actor, **choices):
    given = {"backup_id": None, "lead_id": None, **HOURS, **choices}
    duty_service.save_duty(office.session, clinic.id, actor=actor, at=office.clock.now(), **given)
    office.session.commit()


def test_a_clinic_that_has_chosen_nothing_has_the_hours_of_the_house(office, clinic):
    assert duty_service.duty_of(office.session, clinic.id) == Duty(None, None, "12345", "08:00", "18:00")


def test_choices_are_kept_and_written_down(office, clinic, backup, lead):
    save(office, clinic, lead, backup_id=backup.id, lead_id=lead.id, weekdays="6531", opens="09:30", closes="17:00")
    assert duty_service.duty_of(office.session, clinic.id) == Duty(backup.id, lead.id, "1356", "09:30", "17:00")
    save(office, clinic, lead)
    assert duty_service.duty_of(office.session, clinic.id) == Duty()
    actions = office.session.scalars(select(AuditEvent.action).where(AuditEvent.actor_id == lead.id)).all()
    assert actions == ["duty.changed", "duty.changed"]


def test_only_somebody_who_works_there_stands_in(office, people, clinic, lead, patient):
    elsewhere = people.physio()
    gone = people.physio(clinic, active=False)
    for nobody in (elsewhere, gone, patient):
        with pytest.raises(DutyError) as refused:
            save(office, clinic, lead, backup_id=nobody.id)
        assert refused.value.field == "backup_id"
    with pytest.raises(DutyError, match="lead_id"):
        save(office, clinic, lead, lead_id=elsewhere.id)


def test_the_crew_of_a_patient(told, office, people, patient, physio, backup, lead):
    crew = duty_service.crew_of(office.session, patient, told.at)
    assert (crew.owner, crew.backup, crew.lead) == (physio, None, lead)
    people.care(patient, backup, since=told.at + timedelta(minutes=1))
    crew = duty_service.crew_of(office.session, patient, told.at + timedelta(minutes=2))
    assert (crew.watchers, crew.backup) == ((physio, backup), backup), "whoever looks after the patient longest owns it"


@pytest.mark.usefixtures("duty")
def test_who_has_left_is_not_asked(told, office, patient, backup, lead, database):
    backup.active = False
    database.commit()
    crew = duty_service.crew_of(office.session, patient, told.at)
    assert (crew.backup, crew.lead) == (None, lead)


def test_nobody_watches_over_somebody_whose_physio_has_left(told, office, patient, physio, database):
    physio.active = False
    database.commit()
    assert duty_service.watchers_of(office.session, patient, told.at) == ()
    told.flag(patient, "E_WEAK")
    assert office.alert(patient).owner_id is None
