import pytest

from annotations.actions import panels
from annotations.errors import StudyRefused
from annotations.models import AuditEvent
from tests.factories import PanelFactory, StudyFactory, planned_study

pytestmark = pytest.mark.django_db


def test_a_panel_of_judges_comes_by_api_without_being_told():
    panel = panels.create(study=StudyFactory(), name="Machines", kind="judge")
    assert panel.entry == "api"


@pytest.mark.parametrize("way", [{"kind": "judge", "entry": "link"}, {"kind": "crowd", "entry": "api"}])
def test_people_and_judges_have_ways_in_of_their_own(way):
    with pytest.raises(StudyRefused, match="Judges come by API token"):
        panels.create(study=StudyFactory(), name="Mixed", **way)


def test_what_is_no_setting_or_no_value_is_refused():
    panel = PanelFactory()
    with pytest.raises(StudyRefused, match="no setting colour"):
        panels.update(panel=panel, actor=None, colour="red")
    with pytest.raises(StudyRefused, match="do not work"):
        panels.update(panel=panel, actor=None, entry="pigeon")


def test_a_name_is_taken_once():
    panel = PanelFactory(name="Crowd")
    with pytest.raises(StudyRefused, match="already"):
        panels.create(study=panel.study, name="Crowd")


def test_a_running_study_changes_ways_out_and_numbers_and_nothing_else():
    panel = planned_study(prompts=1, overlap=1, ask_demographics=["gender"]).panels.get()
    quotas = [{"cell": {"gender": "man"}, "most_raters": 3}]
    panels.update(panel=panel, actor=None, outcomes={"completed": {"code": "A"}}, quotas=quotas)
    panel.refresh_from_db()
    assert (panel.outcomes["completed"]["code"], panel.quotas.get().most_raters) == ("A", 3)
    with pytest.raises(StudyRefused, match="entry, overlap of a panel can't change"):
        panels.update(panel=panel, actor=None, overlap=9, entry="prolific")
    with pytest.raises(StudyRefused, match="stay"):
        panels.remove(panel=panel, actor=None)
    event = AuditEvent.objects.filter(verb="panel_updated").get()
    assert event.data == {"changed": ["outcomes"], "quotas": quotas}


def test_a_group_has_one_quota():
    panel = PanelFactory(study=StudyFactory(ask_demographics=["gender"]))
    twice = [{"cell": {"gender": "man"}, "most_raters": number} for number in (3, 4)]
    with pytest.raises(StudyRefused, match="named twice"):
        panels.update(panel=panel, actor=None, quotas=twice)
    assert not panel.quotas.exists()
