import pytest
from django.urls import reverse

from annotations.actions import studies
from annotations.models import Protocol, Rendition, StudyState
from tests.annotations.designing import designer, draft

pytestmark = pytest.mark.django_db
GOOD = {
    "name": "Cats", "question": "Which cat?", "instructions": "Look well.",
    "consent_text": "We store answers.",
    "protocol": "pairwise", "allow_tie": "on", "overlap": "5", "comparisons_per_prompt": "2",
    "max_votes_per_rater": "", "check_every": "10", "first_check_within": "6", "box_px": "512",
    "encoding": "lossless", "lease_s": "300", "seed": "7",
    "criteria-TOTAL_FORMS": "0", "criteria-INITIAL_FORMS": "0",
}  # fmt: skip


def criterion(number: int, **values: str) -> dict[str, str]:
    return {f"criteria-{number}-{name}": value for name, value in values.items()}


@pytest.fixture
def study(client):
    user = designer()
    client.force_login(user)
    return draft(user)


@pytest.fixture
def send(client, study):
    def post(page="study-design", /, **values):
        return client.post(reverse(page, args=[study.public_id]), values)

    return post


def test_everything_chosen_on_the_form_is_kept(send, study):
    assert send(**GOOD).url == f"/studies/{study.public_id}/"
    study.refresh_from_db()
    assert (study.block.question, study.block.allow_tie, study.block.allow_both_bad) == (
        "Which cat?",
        True,
        False,
    )
    assert (study.block.comparisons_per_prompt, study.max_votes_per_rater, study.lease_s) == (2, None, 300)
    assert (study.box_px, study.encoding, study.check_every, study.seed) == (512, "lossless", 10, 7)
    assert study.panels.get().overlap == 5
    assert study.consents.get().text == "We store answers."


def test_the_form_shows_what_was_saved(client, send, study):
    send(**GOOD)
    shown = client.get(reverse("study-design", args=[study.public_id])).content.decode()
    assert "Which cat?" in shown
    assert "We store answers." in shown
    assert 'value="5"' in shown


def test_ratings_keep_their_criteria_and_words(send, study):
    worded = criterion(0, key="", label="Fur", question="How soft?", anchor_1="Bald", anchor_5="Plush")
    empty = criterion(1, label="", question="")
    send(**{**GOOD, "protocol": "likert", "criteria-TOTAL_FORMS": "2", **worded, **empty})
    kept = study.block.criteria.get()
    assert (kept.key, kept.label, kept.question) == ("fur", "Fur", "How soft?")
    assert kept.anchors == ["Bald", "", "", "", "Plush"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"overlap": "0"}, "Raters per comparison"),
        ({"check_every": "2"}, "Two checks may not follow each other"),
        ({"protocol": "guessing"}, "How raters answer"),
        ({"box_px": "9999"}, "Box"),
        ({"lease_s": "5"}, "Seconds to answer"),
        ({"question": ""}, "Question"),
        ({"protocol": "likert"}, "Ratings need at least one criterion"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field_and_nothing_is_saved(send, study, changes, words):
    answer = send(**{**GOOD, **changes})
    assert answer.status_code == 422
    assert "Not saved" in answer.content.decode()
    assert words in answer.content.decode()
    study.refresh_from_db()
    assert study.block.question != "Which cat?"


def test_a_criterion_must_say_what_its_ends_mean_and_have_a_name_of_its_own(send):
    ratings = {**GOOD, "protocol": "likert", "criteria-TOTAL_FORMS": "2"}
    assert "what 1 and what 5 mean" in send(**ratings, **criterion(0, label="Fur")).content.decode()
    twice = {
        **criterion(0, label="Fur", anchor_1="a", anchor_5="b"),
        **criterion(1, label="Fur", anchor_1="a", anchor_5="b"),
    }
    assert "same name" in send(**ratings, **twice).content.decode()


def test_a_half_filled_criterion_does_not_hold_up_a_study_of_pairs(send):
    half = criterion(0, label="", question="How soft?")
    assert send(**{**GOOD, "criteria-TOTAL_FORMS": "1", **half}).status_code == 302


def test_the_plan_is_counted_while_the_designer_types(client, study):
    url = reverse("study-plan", args=[study.public_id])
    query = {"protocol": "pairwise", "overlap": "4", "check_every": "0", "comparisons_per_prompt": "1"}
    answer = client.get(url, query).json()
    assert (answer["comparisons"], answer["places"], answer["checks"]) == (4, 16, 0)
    assert client.get(url, {**query, "check_every": "lots"}).status_code == 400


def test_what_the_page_promises_is_what_launch_plans(client, send, study):
    send(**{**GOOD, "comparisons_per_prompt": ""})
    query = {"protocol": "pairwise", "overlap": "5", "check_every": "10"}
    promised = client.get(reverse("study-plan", args=[study.public_id]), query).json()
    send("study-launch")
    assert study.places.count() == promised["places"]
    assert study.comparisons.filter(kind="regular").count() == promised["comparisons"]


def test_a_second_panel_brings_its_own_overlap_and_link(send, study):
    send(**GOOD)
    experts = {"name": "Experts", "kind": "expert", "entry": "account", "overlap": "2"}
    send("study-panels", **experts)
    assert list(study.panels.values_list("name", "overlap")) == [("Crowd", 5), ("Experts", 2)]
    assert send(**{**GOOD, "overlap": "9"}).status_code == 302
    assert list(study.panels.values_list("overlap", flat=True)) == [5, 2]
    assert send("study-panels", **experts).status_code == 409


def test_launching_asks_first_and_says_what_it_freezes(client, send, study):
    send(**GOOD)
    shown = client.get(reverse("study-launch", args=[study.public_id])).content.decode()
    assert "From launch on the design is frozen" in shown
    study.refresh_from_db()
    assert study.state == StudyState.DRAFT
    assert send("study-launch").status_code == 302
    study.refresh_from_db()
    assert study.state == StudyState.PREPARING
    assert len(study.design_hash) == 64


def test_a_launch_that_cannot_work_lists_its_problems(client, send, study):
    study.images.exclude(generator__name="model-0").delete()
    answer = send("study-launch")
    assert answer.status_code == 409
    assert "one generator" in answer.content.decode()
    assert "one generator" in client.get(reverse("study-launch", args=[study.public_id])).content.decode()
    study.refresh_from_db()
    assert study.state == StudyState.DRAFT


def test_after_launch_the_design_can_be_read_but_not_changed(client, send, study):
    send(**GOOD)
    send("study-launch")
    study.refresh_from_db()
    shown = client.get(reverse("study-design", args=[study.public_id])).content.decode()
    assert study.design_hash in shown
    assert "<textarea" not in shown
    send(**{**GOOD, "question": "Another?"})
    study.refresh_from_db()
    assert study.block.question == "Which cat?"


def test_a_study_is_paused_resumed_and_closed_from_its_pages(client, send, study):
    send(**GOOD)
    send("study-launch")
    Rendition.objects.filter(study=study).update(path="made")
    studies.finish_preparation(study=study)
    seen = []
    for switch in ("study-pause", "study-resume", "study-close"):
        assert send(switch).status_code == 302
        study.refresh_from_db()
        seen.append(study.state)
    assert seen == [StudyState.PAUSED, StudyState.RUNNING, StudyState.CLOSED]
    refused = send("study-resume")
    assert refused.status_code == 409
    assert "Only a paused study can be resumed" in refused.content.decode()


def test_a_get_never_changes_a_study(client, study):
    for name in ("study-pause", "study-resume"):
        assert client.get(reverse(name, args=[study.public_id])).status_code == 405


def test_all_five_protocols_are_offered(client, study):
    shown = client.get(reverse("study-design", args=[study.public_id])).content.decode()
    assert all(f'value="{name}"' in shown for name in Protocol.values)


def test_what_a_protocol_needs_is_kept_and_the_rest_stays_out(send, study):
    wanted = {
        "protocol": "failure_review",
        "taxonomy_lines": "Hands: fingers\nText\nLogos",
        "allow_marks": "on",
    }
    assert send(**{**GOOD, **wanted, "samples_per_generator": "9"}).status_code == 302
    block = study.block
    assert block.taxonomy == [
        {"key": "hands", "label": "Hands", "hint": "fingers"},
        {"key": "text_rendering", "label": "Text", "hint": ""},  # known by this name before
        {"key": "logos", "label": "Logos", "hint": ""},
    ]
    assert (block.allow_marks, block.samples_per_generator, block.reasons) == (True, 9, {})


def test_reasons_are_asked_only_after_answers_that_the_protocol_has(send, study):
    reasons = {"chips": "Wrong hands\nBlurred", "reason_text": "on", "required_for": ["both_bad", "none"]}
    assert send(**{**GOOD, **reasons}).status_code == 302
    assert study.block.reasons == {
        "chips": [{"key": "wrong-hands", "label": "Wrong hands"}, {"key": "blurred", "label": "Blurred"}],
        "text": True,
        "required_for": ["both_bad"],
    }


def test_pairs_may_be_asked_about_several_criteria(send, study):
    rows = {
        "aspects-TOTAL_FORMS": "2", "aspects-INITIAL_FORMS": "0",
        "aspects-0-label": "Overall", "aspects-0-question": "Which is better?",
        "aspects-1-label": "Fidelity", "aspects-1-question": "Which has fewer errors?",
    }  # fmt: skip
    assert send(**{**GOOD, **rows}).status_code == 302
    assert list(study.block.criteria.values_list("key", "question")) == [
        ("overall", "Which is better?"),
        ("fidelity", "Which has fewer errors?"),
    ]
    cleared = {**rows, "aspects-INITIAL_FORMS": "2", "aspects-0-label": "", "aspects-0-question": ""}
    cleared |= {"aspects-1-label": "", "aspects-1-question": ""}
    assert send(**{**GOOD, **cleared}).status_code == 302
    assert not study.block.criteria.exists()


def test_seven_points_are_worded_at_both_ends(send, study):
    seven = {**GOOD, "protocol": "likert", "points": "7", "criteria-TOTAL_FORMS": "1"}
    half = criterion(0, label="Fur", anchor_1="Bald", anchor_5="Plush")
    assert "what 1 and what 7 mean" in send(**seven, **half).content.decode()
    assert send(**seven, **half, **criterion(0, anchor_7="Bear")).status_code == 302
    assert (study.block.points, study.block.criteria.get().anchors[6]) == (7, "Bear")


def test_a_baseline_is_one_of_the_studys_generators(send, study):
    linked = {**GOOD, "design": "baseline"}
    assert "which generator all others meet" in send(**linked).content.decode()
    assert send(**linked, baseline="model-77").status_code == 422
    assert send(**linked, baseline="model-1").status_code == 302
    assert (study.block.design, study.block.baseline) == ("baseline", "model-1")


def test_repeats_breaks_language_and_questions_about_the_rater_are_kept(send, study):
    more = {"repeat_percent": "7.5", "break_after_min": "30", "prompt_gap": "4", "language": "de"}
    send(**{**GOOD, **more, "ask_demographics": ["age_band", "display"], "privacy_text": "Ask us."})
    study.refresh_from_db()
    assert (study.repeat_share, study.break_after_min, study.prompt_gap) == (0.075, 30, 4)
    assert (study.language, study.privacy_text) == ("de", "Ask us.")
    assert study.ask_demographics == ["age_band", "display"]


def test_quotas_are_a_number_or_one_for_each_category(send, study):
    drawn = {**GOOD, "design": "random", "pair_quota": "3"}
    assert send(**drawn, category_quota="8").status_code == 302
    assert study.block.quotas == {"category": 8, "pair": 3}
    assert send(**drawn, category_quota="portrait: 4\nscene: 2").status_code == 302
    assert study.block.quotas["category"] == {"portrait": 4, "scene": 2}
    assert "write a number" in send(**drawn, category_quota="portrait: many").content.decode()
