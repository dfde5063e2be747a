"""One file that says everything, for somebody who was not there."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.actions import exclusions, looks, raters
from annotations.models import AuditEvent, Generator
from arena.results.filters import choices
from arena.results.rankings import ranking
from arena.results.report import markdown, pdf
from arena.results.report.build import build
from arena.results.report.html import render as as_html
from arena.results.report.pillars import pillars
from scoring.models import ReferenceSet, Score, SetScore
from tests.arena.results.studies import busiest, imported, noisy_lines, report_of, voted_study
from tests.arena.results.test_machines import by_name, metric, score
from tests.factories import UserFactory, launched_study, rater_in, vote_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SECTIONS = [
    "Question and answer",
    "Verdict on four pillars",
    "Design",
    "Generators and prompts",
    "What changed after launch",
    "Who voted",
    "Exclusions and sensitivity",
    "Agreement",
    "Checks of the ranking model",
    "Metrics against people",
    "Limits",
    "Methods, for a paper",
    "How to have every number again",
    "Look log",
]


@pytest.fixture
def study(tmp_path):
    return imported(tmp_path, noisy_lines())


def test_the_report_has_every_section_in_every_format(study):
    report = build(study, choices(study).default)
    titles = [section.title for section in report.sections]
    assert [title for title in titles if not title.startswith("Results")] == SECTIONS
    html, text = as_html(report), markdown.render(report)
    for title in titles:
        assert title in html
        assert title in text
    assert pdf.render(report).startswith(b"%PDF")


def test_the_html_needs_nothing_from_elsewhere(study):
    html = as_html(build(study, choices(study).default))
    assert "data:image/svg+xml;base64," in html
    assert not re.findall(r"(?:src|href)=[\"'](?!data:|#)", html)
    assert "<script" not in html


def test_the_numbers_are_those_of_the_page(study):
    text = markdown.render(build(study, choices(study).default))
    page = ranking(study, choices(study).default).result
    leader = page.rows[0]
    assert f"{leader.generator} comes first" in text
    assert f"{leader.points:,.0f}" in text
    assert study.design_hash in text


def test_the_study_can_be_repeated_from_its_report():
    study = voted_study(
        raters=2,
        instructions="Look twice.",
        repeat_share=0.1,
        rules=[{"rule": "median_answer_ms", "below": 800, "at_least": 10}],
    )
    text = markdown.render(build(study, choices(study).default))
    block, panel = study.block, study.panels.get()
    for said in (
        "Look twice.",
        study.consents.first().text.split(".")[0],
        block.question,
        "left, right, tie, both bad",
        f"{study.box_px} × {study.box_px} px",
        "Near-lossless (JPEG 95, 4:4:4)",
        "10.0 % of votes are asked again",
        "median answer time below 800 ms",
        study.design_hash,
        f"{study.seed} for plan, order and sides",
        "python -m arena.analytics.recount",
        "P(tie) = ν / D",
        f"| {panel.name} |",
        *study.prompts.values_list("text", flat=True),
        *set(study.images.values_list("generator__name", flat=True)),
    ):
        assert markdown._plain(said).strip("| ") in text, said


def test_every_criterion_of_a_pair_is_in_the_report():
    criteria = [{"key": "overall", "label": "Overall"}, {"key": "alignment", "label": "Fits the words"}]
    study = launched_study(prompts=2, overlap=1, check_every=0, criteria=criteria)
    vote_all(rater_in(study), lambda assignment: {"overall": "left", "alignment": "right"})
    text = markdown.render(build(study, choices(study).default))
    assert "Fits the words (n = " in text


def test_a_study_with_scores_but_without_votes_has_a_report():
    study = voted_study(raters=0, overlap=1)
    score(study, metric(), by_name)
    text = markdown.render(build(study, choices(study).default))
    assert "No votes were counted." in text


def test_no_claim_is_made_while_a_pillar_is_missing(study):
    found = pillars(study, {"main": choices(study).default})
    assert [pillar.name for pillar in found if pillar.holds] == ["Human preference"]
    text = markdown.render(build(study, choices(study).default))
    assert "No claim of overall quality should be made yet" in text
    assert "Review 50 images of each generator" in text


def test_a_generator_without_any_scores_stops_the_pillar(monkeypatch):
    monkeypatch.setattr("arena.results.report.pillars.ENOUGH_SAMPLES", 1)
    study = voted_study(raters=1, check_every=0)
    image_metric, set_metric = metric(), metric("fid_test", kind="set")
    score(study, image_metric, by_name)
    reference, now = ReferenceSet.objects.create(name="Photos"), timezone.now()
    common = {"study": study, "metric": set_metric, "reference_set": reference, "state": "done", "n": 9}
    for generator in Generator.objects.filter(images__study=study).distinct():
        SetScore.objects.create(**common, generator=generator, content_hash="1", value=9.0, computed_at=now)
    held = [pillar.holds for pillar in pillars(study, {})[:2]]
    SetScore.objects.filter(generator=generator).delete()
    Score.objects.filter(image__generator=generator).delete()
    quality, adherence = pillars(study, {})[:2]
    assert (held, quality.holds, adherence.holds) == ([True, True], False, False)
    assert generator.name in quality.missing
    assert generator.name in adherence.missing


def test_votes_of_judges_alone_are_no_preference_of_people(study):
    study.panels.update(kind="judge", entry="api")
    preference = pillars(study, {"main": choices(study).default})[2]
    assert (preference.name, preference.holds) == ("Human preference", False)
    assert "judges" in preference.found


def test_what_was_done_after_launch_is_told():
    study = voted_study()
    rater = rater_in(study)
    raters.withdraw(rater=rater)
    exclusions.exclude(rater=busiest(study), reason="bot", actor="ana")
    text = markdown.render(build(study, choices(study).default))
    assert "rater excluded" in text
    # Raters come and go in every study: nothing of its design has changed by that.
    assert "rater withdrew" not in text
    assert "analysts 1 rater by hand" in text


def test_names_from_outside_are_never_taken_for_markup(tmp_path):
    lines = [
        line.replace("a,", '*a*<b>|#x"\\\\,', 1) if line.startswith("a,") else line
        for line in noisy_lines(60)
    ]
    lines = [line.replace('"', "") for line in lines]
    report = build(imported(tmp_path, lines), choices(imported(tmp_path, lines)).default)
    assert "<b>" not in as_html(report)
    assert "\\*a\\*" in markdown.render(report)
    assert pdf.render(report).startswith(b"%PDF")


def test_looks_are_on_record_while_votes_come_in_and_not_afterwards(client):
    study = voted_study()
    ana = UserFactory()
    client.force_login(ana)
    address = reverse("results", args=[study.public_id])
    client.get(address)
    client.get(address)
    [look] = AuditEvent.objects.filter(study=study, verb=looks.VERB)
    assert (look.actor, look.data["votes"]) == (ana.username, study.votes.count())
    assert "Looks while votes came in" in markdown.render(build(study, choices(study).default))


def test_each_format_is_one_click_away_once_it_is_made(client, study):
    client.force_login(UserFactory())
    assert b"%PDF" in report_of(client, study, "pdf")
    page = client.get(reverse("results-report", args=[study.public_id])).content.decode()
    for fmt, kind in (("html", "text/html"), ("md", "text/markdown"), ("pdf", "application/pdf")):
        address = reverse("report", args=[study.public_id, fmt])
        assert address in page
        answer = client.get(address)
        assert answer["Content-Type"].startswith(kind)
        assert "attachment" in answer["Content-Disposition"]
        assert b"".join(answer.streaming_content)


def test_a_format_that_does_not_exist_is_refused_in_words(client, study):
    client.force_login(UserFactory())
    assert client.get(reverse("report", args=[study.public_id, "docx"])).status_code == 404


def test_agreement_model_and_metrics_are_told_in_depth():
    voted = voted_study(raters=3, check_every=0)
    score(voted, metric(), by_name)
    text = markdown.render(build(voted, choices(voted).default))
    for said in ("Gwet’s AC1", "degrees of freedom", "Decided votes and ties", "Letting the metric pick"):
        assert said in text
