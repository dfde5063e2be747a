import pytest
from django.urls import reverse

from annotations.actions import blocks, studies
from annotations.models import Anomaly, Rater
from annotations.selectors import rater_texts
from arena.analytics.rater_rules import DEFAULT_RULES
from tests.annotations.designing import designer, draft
from tests.factories import planned_study, rater_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client):
    user = designer()
    client.force_login(user)
    return user


@pytest.fixture
def study(user):
    return draft(user, prompts=2)


def page(name, study, **query):
    return reverse(name, args=[study.public_id], query=query)


def test_rules_are_declared_by_box_and_limit(client, study):
    sent = {"failed_checks": "on", "failed_checks-count": "2", "longest_run-above": "9"}
    assert client.post(page("study-rules", study), sent).status_code == 302
    study.refresh_from_db()
    assert study.rules == [{"rule": "failed_checks", "count": 2}]


def test_a_limit_that_makes_no_sense_is_said_beside_its_field(client, study):
    sent = {"failed_check_share": "on", "failed_check_share-above": "34"}
    answer = client.post(page("study-rules", study), sent)
    assert answer.status_code == 422
    assert "a number from 0 to 0.99" in answer.content.decode()
    both = {"side_share": "on", "side_share-above": "0.9", "side_share-p_below": "0.01"}
    assert "Keep above or p_below" in client.post(page("study-rules", study), both).content.decode()


def test_what_the_form_shows_for_the_defaults_saves_the_defaults(client, study):
    studies.update(study=study, actor=None, rules=list(DEFAULT_RULES))
    form = client.get(page("study-rules", study)).context["form"]
    sent = {name: value for name, value in form.initial.items() if value not in (None, False)}
    assert client.post(page("study-rules", study), sent).status_code == 302
    before = study.rules
    study.refresh_from_db()
    key = lambda rule: rule["rule"]  # noqa: E731
    assert sorted(study.rules, key=key) == sorted(before, key=key)


def test_after_launch_the_rules_are_read_in_words(client, user):
    study = planned_study(prompts=1, overlap=1, rules=list(DEFAULT_RULES))
    shown = client.get(page("study-rules", study)).content.decode()
    assert "<form" not in shown.split("<main")[1]
    assert "34 %" in shown


def test_a_new_consent_text_is_published_while_the_study_runs(client, user):
    study = planned_study(prompts=1, overlap=1)
    rater = rater_in(study)
    assert "1 active rater must agree" in client.get(page("study-consent", study)).content.decode()
    more = {"text": "We store more.", "in_de": "Wir speichern mehr."}
    client.post(page("study-consent", study), more)
    assert study.consents.first().translations == {"de": "Wir speichern mehr."}
    assert [consent.version for consent in study.consents.all()] == [2, 1]
    assert Rater.objects.get(pk=rater.pk).state == "joined"
    same = client.post(page("study-consent", study), more)
    assert "text in force" in same.content.decode()


def test_texts_in_another_language_reach_raters_in_the_shape_they_are_read(client, study):
    words = {"key": "fur", "label": "Fur", "question": "How soft?", "anchors": ["Bald", "", "", "", "Plush"]}
    blocks.update(
        block=study.block,
        actor=None,
        protocol="likert",
        criteria=[words],
        reasons={"chips": [{"key": "blur", "label": "Blurred"}], "text": False, "required_for": []},
    )
    studies.update(study=study, actor=None, instructions="Look.", consent_text="We store.")
    form = client.get(page("study-translations", study, language="de")).context["form"]
    german = {
        "Instructions": "Schau.", "Consent": "Wir speichern.", "Question": "Wie weich?",
        "Criterion Fur": "Fell", "Fur: 1 means": "Kahl", "Reason Blurred": "Unscharf",
    }  # fmt: skip
    sent = {f"text_{n}": german.get(place.label, "") for n, place in enumerate(form.places)}
    assert client.post(page("study-translations", study, language="de"), sent).status_code == 302
    study.refresh_from_db()
    assert rater_texts.study_texts(study, "de")["instructions"] == "Schau."
    assert rater_texts.consent_text(study.consents.first(), "de") == "Wir speichern."
    frozen = {
        **{name: getattr(study.block, name) for name in blocks.SETTINGS if hasattr(study.block, name)},
        "criteria": [words],
    }
    shown = rater_texts.block_for(frozen, arrival=0, language="de")
    assert (shown["question"], shown["criteria"][0]["label"]) == ("Wie weich?", "Fell")
    assert shown["criteria"][0]["anchors"] == ["Kahl", "", "", "", "Plush"]
    assert shown["reasons"]["chips"] == [{"key": "blur", "label": "Unscharf"}]
    again = client.get(page("study-translations", study, language="de")).context["form"]
    filled = {place.label: again.initial[f"text_{n}"] for n, place in enumerate(again.places)}
    assert {label: text for label, text in filled.items() if label in german} == german


def test_odd_visits_are_looked_at_and_come_back_when_they_happen_again(client, user):
    study = planned_study(prompts=1, overlap=1)
    odd = Anomaly.objects.create(study=study, kind="many_sessions", evidence={"sessions_within_an_hour": 90})
    assert "sessions within an hour 90" in client.get(page("study-incidents", study)).content.decode()
    client.post(page("study-incidents", study), {"what": "anomalies", "chosen": [odd.pk]})
    assert "sessions within an hour 90" not in client.get(page("study-incidents", study)).content.decode()
    odd.refresh_from_db()
    odd.count = 2
    odd.save()
    assert "sessions within an hour 90" in client.get(page("study-incidents", study)).content.decode()
