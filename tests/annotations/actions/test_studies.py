import pytest

from annotations.actions import audit, frozen_design, panels, preparation, studies
from annotations.assignment.design import design_hash, digest
from annotations.errors import StudyRefused
from annotations.models import ImportJob, Rendition
from tests.factories import (
    GeneratorFactory,
    ImageFactory,
    PromptFactory,
    StudyFactory,
    UserFactory,
    draft_study,
    launched_study,
    planned_study,
    rater_in,
    vote_all,
)

pytestmark = pytest.mark.django_db


def codes(study):
    return [problem["code"] for problem in studies.check_launchable(study)]


def images(study, table):
    """`table`: prompt -> generator names."""
    for key, names in table.items():
        prompt = PromptFactory(study=study, key=key)
        for name in names:
            ImageFactory(prompt=prompt, generator=GeneratorFactory(name=name))


def test_a_launched_study_runs_from_link_to_code():
    study = launched_study(prompts=3, overlap=2)
    assert study.state == "running"
    for _ in range(2):
        rater = rater_in(study)
        assert vote_all(rater) >= 9
        assert rater.state == "finished"
        assert rater.completion_code
    assert set(study.places.values_list("state", flat=True)) == {"filled"}
    assert audit.verify(study=study) == []
    assert studies.close(study=study, actor=None).state == "closed"


def test_every_change_of_state_is_an_audit_row_with_its_actor():
    user = UserFactory(username="ada")
    study = draft_study(prompts=1, generators=2)
    studies.launch(study=study, actor=user)
    preparation.prepare(study=study)
    studies.pause(study=study, actor=user)
    studies.resume(study=study, actor=user)
    studies.close(study=study, actor=user)
    rows = list(study.audit.order_by("sequence").values_list("verb", "actor"))
    assert rows == [
        ("study_created", "system"),
        ("study_launched", "ada"),
        ("study_opened", "system"),
        ("study_paused", "ada"),
        ("study_resumed", "ada"),
        ("study_closed", "ada"),
    ]


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({}, "no_images"),
        ({"p": ["a"], "q": ["a"]}, "one_generator"),
        ({"p": ["a"], "q": ["b"]}, "no_shared_prompt"),
        ({"p": ["a", "b"], "q": ["c", "d"]}, "disconnected"),
        ({"p": ["a", "b"], "q": ["c"]}, "disconnected"),
    ],
)
def test_a_study_that_cannot_work_is_refused_with_the_reason(table, code):
    study = StudyFactory()
    images(study, table)
    assert codes(study) == [code]
    with pytest.raises(StudyRefused) as caught:
        studies.launch(study=study, actor=None)
    assert [problem["code"] for problem in caught.value.details] == [code]
    assert caught.value.mend
    study.refresh_from_db()
    assert study.state == "draft"
    assert not study.comparisons.exists()


def test_a_disconnected_study_names_its_groups():
    study = StudyFactory()
    images(study, {"p": ["anna", "bert"], "q": ["cleo", "dora"]})
    message = studies.check_launchable(study)[0]["message"]
    assert "anna, bert; cleo, dora" in message


def test_ratings_of_one_generator_can_be_asked():
    study = StudyFactory(protocol="likert")
    images(study, {"p": ["a"]})
    assert codes(study) == []


def test_all_problems_are_told_at_once():
    study = StudyFactory(check_every=2, max_votes_per_rater=0)
    ImportJob.objects.create(study=study, state="storing")
    assert codes(study) == ["import_open", "checks_too_dense", "no_votes", "no_images"]


def test_from_launch_on_the_design_is_frozen_and_hashed():
    study = draft_study()
    studies.launch(study=study, actor=None)
    assert study.design_hash == design_hash(study.design)
    assert study.design["counts"] == {
        "generators": 3, "prompts": 4, "images": 12, "comparisons": 12, "places": 24, "checks": 5,
    }  # fmt: skip
    for refused in (
        lambda: studies.update(study=study, actor=None, name="Another"),
        lambda: studies.launch(study=study, actor=None),
        lambda: panels.create(study=study, name="Late", actor=None),
    ):
        with pytest.raises(StudyRefused):
            refused()


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("prompts_sha256", lambda study: study.prompts.update(text="another")),
        ("images_sha256", lambda study: study.images.filter(seed="").update(sha256="f" * 64)),
        ("places_sha256", lambda study: study.places.filter(order="01").update(order="10")),
        ("checks_sha256", lambda study: study.comparisons.filter(kind="check").update(expected={"slot": 7})),
    ],
)
def test_the_design_covers_what_is_asked_and_in_which_order(part, change):
    study = draft_study(prompts=2, check_every=3)
    studies.launch(study=study, actor=None)
    rows = {
        "prompts_sha256": frozen_design._prompts, "images_sha256": frozen_design._images,
        "places_sha256": frozen_design._places, "checks_sha256": frozen_design._checks,
    }[part]  # fmt: skip
    assert digest(rows(study)) == study.design[part]
    change(study)
    assert digest(rows(study)) != study.design[part]


def test_the_same_seed_and_images_give_the_same_plan():
    def plan(study):
        studies.launch(study=study, actor=None)
        places = study.places.order_by("rank").values_list(
            "comparison__prompt__key", "comparison__slots__generator__name", "order", "index"
        )
        return sorted(places, key=lambda row: (*row[:2], row[3]))

    assert plan(draft_study(name="One", seed=5)) == plan(draft_study(name="Two", seed=5))


def test_slots_stand_in_the_order_of_generators_with_one_rendition_per_image():
    study = planned_study(prompts=2, generators=3)
    for comparison in study.comparisons.filter(kind="regular"):
        slots = list(comparison.slots.all())
        assert [slot.index for slot in slots] == [0, 1]
        assert slots[0].generator_id < slots[1].generator_id
        assert all(slot.rendition.image_id == slot.image_id for slot in slots)
    assert Rendition.objects.filter(study=study, kind="plain").count() == 6


def test_checks_set_a_picture_against_its_degraded_copy_or_an_instruction():
    study = planned_study(prompts=10, generators=4, check_every=6)
    kinds = set()
    for check in study.comparisons.filter(kind="check"):
        plain, other = check.slots.all()
        kinds.add(check.check_kind)
        assert plain.rendition.kind == "plain"
        assert other.rendition.kind == check.check_kind
        assert plain.image == other.image
        assert check.expected == {"slot": 0 if check.check_kind == "degraded" else 1}
        assert not check.places.exists()
    assert kinds == {"degraded", "instructed"}


def test_checks_of_ratings_say_what_passes():
    study = planned_study(prompts=10, generators=4, check_every=6, protocol="likert")
    for check in study.comparisons.filter(kind="check"):
        slot = check.slots.get()
        assert slot.rendition.kind == check.check_kind
        if check.check_kind == "degraded":
            assert check.expected == {"ratings": {"fidelity": [1, 2], "aesthetics": [1, 2]}}
        else:
            asked = int(slot.rendition.instruction.removeprefix("answer:"))
            wanted = {key: [asked, asked] for key in ("fidelity", "alignment", "aesthetics")}
            assert check.expected == {"ratings": wanted}


def test_a_study_without_checks_has_none():
    assert not planned_study(check_every=0).comparisons.filter(kind="check").exists()


def test_a_study_opens_only_when_every_picture_is_rendered():
    study = draft_study(prompts=1, generators=2)
    studies.launch(study=study, actor=None)
    assert studies.finish_preparation(study=study).state == "preparing"
    assert preparation.prepare(study=study)
    study.refresh_from_db()
    assert study.state == "running"
    assert not preparation.prepare(study=study)


def test_preparation_is_claimed_by_one_worker_and_taken_over_when_it_dies():
    study = draft_study(prompts=1, generators=2)
    studies.launch(study=study, actor=None)
    assert preparation._claim(study)
    assert preparation.waiting() == []
    assert not preparation.prepare(study=study)
    study.refresh_from_db()
    study.prepare_claimed_at = study.prepare_claimed_at.replace(year=2001)
    study.save()
    assert preparation.waiting() == [study.pk]
    assert preparation.prepare(study=study)


@pytest.mark.parametrize(
    ("verb", "state"), [("pause", "draft"), ("resume", "running"), ("close", "draft"), ("pause", "closed")]
)
def test_changes_of_state_that_make_no_sense_are_refused(verb, state):
    study = planned_study() if state != "draft" else draft_study()
    if state == "closed":
        studies.close(study=study, actor=None)
    with pytest.raises(StudyRefused):
        getattr(studies, verb)(study=study, actor=None)


def test_closing_gives_back_what_raters_hold():
    from annotations.actions import assignments

    study = planned_study()
    assignments.next_for(rater=rater_in(study))
    studies.close(study=study, actor=None)
    assert not study.places.filter(state="leased").exists()
    assert not study.assignments.filter(state="leased").exists()


def test_settings_that_do_not_work_are_named_with_their_field():
    with pytest.raises(StudyRefused) as caught:
        studies.create(name="", owner=None, box_px=17, encoding="smoke")
    assert {problem["field"] for problem in caught.value.details} >= {"name", "encoding"}
    with pytest.raises(StudyRefused) as caught:
        studies.create(name="x", owner=None, protocol="coin", points="many")
    assert {problem["field"] for problem in caught.value.details} >= {"protocol", "points"}
    with pytest.raises(StudyRefused, match="colour"):
        studies.create(name="x", owner=None, colour="red")
    with pytest.raises(StudyRefused):
        studies.create(name="x", owner=None, box_px=17)


def test_a_draft_takes_criteria_consent_and_overlap_and_a_new_protocol_drops_old_criteria():
    study = studies.create(name="x", owner=None, protocol="likert", overlap=4, consent_text="One")
    criteria = [{"key": "style", "label": "Style", "question": "?", "anchors": list("abcde")}]
    studies.update(study=study, actor=None, criteria=criteria, consent_text="Two", overlap=5)
    assert list(study.block.criteria.values_list("key", flat=True)) == ["style"]
    assert list(study.consents.values_list("version", "text")) == [(2, "Two"), (1, "One")]
    assert study.panels.get().overlap == 5
    studies.update(study=study, actor=None, protocol="pairwise")
    assert not study.block.criteria.exists()
    assert study.audit.order_by("sequence").last().data == {"changed": ["protocol"]}


def test_seeds_are_drawn_so_that_nobody_can_foresee_the_sides():
    assert len({studies.create(name="x", owner=None).seed for _ in range(3)}) == 3
