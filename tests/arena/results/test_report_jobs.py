"""A report is made by a worker, kept while the study stays as it was, and told from a newer state."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from annotations.actions import erasure, exclusions, looks, report_jobs
from annotations.models import AuditEvent, ReportJob, Study
from arena.results import tasks
from arena.results.report import kept, make
from tests.arena.results.studies import report_of, voted_study
from tests.factories import StudyFactory, UserFactory, rater_in, vote_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client):
    client.user = UserFactory()
    client.force_login(client.user)
    return client


@pytest.fixture
def study():
    return voted_study(raters=2, overlap=3, check_every=0)


def address(study):
    return reverse("results-report", args=[study.public_id])


def text(client, study):
    return " ".join(client.get(address(study)).content.decode().split())


def asked(client, study) -> ReportJob:
    client.post(address(study))
    return study.report_jobs.first()


@pytest.mark.slow
def test_an_unchanged_study_serves_its_report_at_once_and_a_changed_one_says_what_is_newer(analyst, study):
    votes = study.votes.count()
    assert "Make the report" in text(analyst, study)
    assert analyst.get(reverse("report", args=[study.public_id, "md"])).status_code == 404
    assert b"# " in report_of(analyst, study, "md")
    page = text(analyst, study)
    assert f"from {votes} votes; nothing has changed since" in page
    assert "Make it anew" not in page
    assert "Verdict on four pillars" in page
    job = asked(analyst, study)
    assert (study.report_jobs.count(), job.state, job.votes) == (1, "done", votes)
    vote_all(rater_in(study), lambda assignment: {"overall": "left"})
    newer = study.votes.count() - votes
    page = text(analyst, study)
    assert newer
    assert f"from {votes} votes; <strong>{newer} newer votes since</strong>" in page
    assert "Make it anew" in page
    make.run(job=asked(analyst, study))
    assert f"from {votes + newer} votes; nothing has changed" in text(analyst, study)
    assert not report_jobs.folder(job).exists() or study.report_jobs.count() == 1


@pytest.mark.slow
def test_an_exclusion_makes_a_report_old_and_another_filter_has_a_report_of_its_own(analyst, study):
    report_of(analyst, study, "md")
    exclusions.exclude(rater=study.raters.first(), reason="Bots vote so.", actor=analyst.user)
    assert "raters, exclusions, scores or settings have changed" in text(analyst, study)
    everybody = analyst.get(address(study) + "?exclusions=off").content.decode()
    assert "Make the report" in everybody


@pytest.mark.slow
def test_progress_is_told_and_a_cancelled_report_is_never_finished(analyst, study, monkeypatch):
    job = asked(analyst, study)
    status = reverse("report-status", args=[study.public_id, job.public_id])
    assert analyst.get(status).json()["label"].startswith("Waiting for a worker")
    ReportJob.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    waited = r"Waiting for a worker for [\d,]{3,} s now"
    assert re.fullmatch(waited, analyst.get(status).json()["label"])
    page = text(analyst, study)
    assert re.search(waited, page)
    assert "no worker is running" in page
    told, cancelled = [], reverse("report-cancel", args=[study.public_id, job.public_id])
    step = report_jobs.Claim.step

    def watched(claim, done, total, doing):
        step(claim, done, total, doing)
        told.append((done, total, analyst.get(status).json()["label"]))
        if doing == "agreement":
            analyst.post(cancelled)

    monkeypatch.setattr(report_jobs.Claim, "step", watched)
    make.run(job=job)
    assert [done for done, _, _ in told] == list(range(len(told)))
    assert told[-1][2] == "Agreement"
    job.refresh_from_db()
    assert job.state == "cancelled"
    assert not report_jobs.folder(job).exists()
    page = text(analyst, study)
    assert "was cancelled" in page
    assert "Make the report" in page


def test_two_clicks_make_one_report(analyst, study):
    first = asked(analyst, study)
    assert asked(analyst, study) == first
    assert ReportJob.objects.count() == 1


@pytest.mark.slow
def test_a_report_whose_worker_died_is_made_by_another_and_given_up_after_the_third(analyst, study):
    job = asked(analyst, study)
    for _ in range(report_jobs.MAX_ATTEMPTS):
        assert report_jobs.claim(job=job)
        assert not report_jobs.claim(job=job)
        dead = report_jobs.Claim(ReportJob.objects.get())
        assert report_jobs.recover() == []
        ReportJob.objects.update(claimed_at=timezone.now() - 2 * report_jobs.STALE)
        if job.attempts < report_jobs.MAX_ATTEMPTS:
            assert report_jobs.recover() == [job.pk]
    assert report_jobs.recover() == []
    assert "perhaps for lack of memory" in text(analyst, study)
    with pytest.raises(report_jobs.Stopped):
        dead.step(1, 2, "too late")
    report_of(analyst, study, "md")
    assert "perhaps for lack of memory" not in text(analyst, study)


def test_a_study_erased_meanwhile_leaves_no_files(analyst):
    study = StudyFactory()
    job = asked(analyst, study)
    assert report_jobs.claim(job=job)
    report_jobs.folder(job).mkdir(parents=True)
    Study.objects.filter(pk=study.pk).delete()
    with pytest.raises(report_jobs.Stopped):
        report_jobs.Claim(job).finish(basis="", votes=0)
    tasks.make_report(job.pk)
    report_jobs.sweep()
    assert not report_jobs.folder(job).exists()


@pytest.mark.slow
def test_erased_answers_take_the_reports_made_of_them_along(
    analyst, study, django_capture_on_commit_callbacks
):
    report_of(analyst, study, "md")
    folder = report_jobs.folder(study.report_jobs.get())
    with django_capture_on_commit_callbacks(execute=True):
        erasure.erase(study.raters.first())
    assert not study.report_jobs.exists()
    assert not folder.exists()


def test_a_report_that_the_study_does_not_offer_any_more_fails_in_words(analyst, study):
    job = asked(analyst, study)
    ReportJob.objects.update(asked=job.asked | {"category": "gone"})
    tasks.make_report(job.pk)
    assert "This study has no category “gone”" in text(analyst, study)


@pytest.mark.slow
def test_who_reads_a_report_has_looked_once(analyst, study):
    report_of(analyst, study, "md")
    text(analyst, study)
    [look] = AuditEvent.objects.filter(study=study, verb=looks.VERB)
    assert look.actor == analyst.user.username
    assert kept.basis(study) == study.report_jobs.get().basis


def test_others_neither_ask_for_reports_nor_see_how_far_they_are(client, study):
    client.force_login(UserFactory(is_staff=False))
    assert client.post(address(study)).status_code == 403
    job = report_jobs.start(study=study, actor=None, asked={}, asked_key="x")
    for name in ("report-status", "report-cancel"):
        assert client.post(reverse(name, args=[study.public_id, job.public_id])).status_code == 403
