import pytest

from annotations.actions import exclusions, panels
from annotations.errors import Conflict, StudyRefused
from tests.factories import StudyFactory, UserFactory, planned_study, rater_in, vote_all

pytestmark = pytest.mark.django_db


def test_an_exclusion_keeps_votes_and_can_be_lifted_and_made_again():
    user, rater = UserFactory(), rater_in(planned_study())
    vote_all(rater, most=2)
    exclusion = exclusions.exclude(rater=rater, reason=" Failed three checks ", actor=user)
    assert (exclusion.reason, exclusion.created_by) == ("Failed three checks", user)
    assert rater.votes.count() == 2
    exclusions.lift(exclusion=exclusion, actor=user)
    exclusions.exclude(rater=rater, reason="Again", actor=user)
    assert list(rater.study.audit.order_by("-sequence").values_list("verb", flat=True)[:3]) == [
        "rater_excluded",
        "exclusion_lifted",
        "rater_excluded",
    ]


def test_an_exclusion_stands_once_needs_a_reason_and_is_lifted_once():
    rater = rater_in(planned_study())
    with pytest.raises(Conflict, match="reason"):
        exclusions.exclude(rater=rater, reason="  ", actor=None)
    exclusion = exclusions.exclude(rater=rater, reason="x", actor=None)
    with pytest.raises(Conflict, match="already"):
        exclusions.exclude(rater=rater, reason="y", actor=None)
    exclusions.lift(exclusion=exclusion, actor=None)
    with pytest.raises(Conflict, match="already"):
        exclusions.lift(exclusion=exclusion, actor=None)


def test_a_panel_needs_a_name_of_its_own():
    study = StudyFactory()
    panels.create(study=study, name="Experts", kind="expert", overlap=2, actor=None)
    for name, kind, overlap in [
        ("Experts", "expert", 1),
        (" ", "crowd", 1),
        ("x", "robots", 1),
        ("y", "crowd", 0),
    ]:
        with pytest.raises(StudyRefused):
            panels.create(study=study, name=name, kind=kind, overlap=overlap, actor=None)
    assert study.panels.count() == 1
