import csv
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.utils import timezone

from annotations.actions import imports
from annotations.actions.imports import MAX_ATTEMPTS
from annotations.errors import ImportRefused, StudyRefused
from annotations.models import Image, ImportJob, ImportState, Study, StudyState
from tests.pictures import csv_text, files_for, rows, zip_with_manifest, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def study():
    return Study.objects.create(name="Cubes")


def upload(path, name="study.zip"):
    return SimpleUploadedFile(name, path.read_bytes())


@pytest.fixture
def job(study, tmp_path):
    return imports.start(study=study, actor=None, manifest_file=upload(zip_with_manifest(tmp_path / "z.zip")))


@pytest.fixture
def bad_job(study, tmp_path):
    table = rows([f"=p{n}" for n in range(60)])
    members = {"manifest.csv": csv_text([row | {"image": "=absent.png"} for row in table])}
    return imports.start(study=study, actor=None, manifest_file=upload(zipped(tmp_path / "z.zip", members)))


def age(job, seconds, **values):
    ImportJob.objects.filter(pk=job.pk).update(
        claimed_at=timezone.now() - timedelta(seconds=seconds), **values
    )


def test_a_job_runs_from_upload_to_done_and_clears_its_workspace(job):
    assert job.state == ImportState.QUEUED
    imports.run(job=job)
    assert (job.state, job.total, job.checked, job.stored) == (ImportState.DONE, 4, 4, 4)
    assert job.finished_at
    assert Image.objects.count() == 4
    assert not imports.workspace(job).exists()


def test_manifest_and_zip_as_two_files_run_too(study, tmp_path):
    manifest = SimpleUploadedFile("m.csv", csv_text(rows()).encode())
    archive = upload(zipped(tmp_path / "i.zip", files_for(rows())))
    job = imports.start(study=study, actor=None, manifest_file=manifest, archive_file=archive)
    assert imports.run(job=job).state == ImportState.DONE


def test_a_large_upload_is_moved_and_not_copied(study, tmp_path):
    path = zip_with_manifest(tmp_path / "z.zip")
    large = TemporaryUploadedFile("z.zip", "application/zip", path.stat().st_size, None)
    large.write(path.read_bytes())
    large.flush()
    inode = (tmp_path / large.temporary_file_path()).stat().st_ino
    job = imports.start(study=study, actor=None, manifest_file=large)
    large.close()
    assert (imports.workspace(job) / imports.MANIFEST).stat().st_ino == inode


def test_a_refused_job_keeps_the_first_hundred_problems_and_all_of_them_as_csv(bad_job):
    imports.run(job=bad_job)
    assert (bad_job.state, bad_job.problem_count, len(bad_job.problems)) == (ImportState.REFUSED, 120, 100)
    assert Image.objects.count() == 0
    with imports.problems_file(bad_job).open(encoding="utf-8-sig") as handle:
        told = list(csv.DictReader(handle))
    assert len(told) == 120
    assert told[0]["row"] == "2"
    assert not any(value.startswith(("=", "+", "-", "@")) for row in told for value in row.values())
    assert [path.name for path in imports.workspace(bad_job).iterdir()] == ["problems.csv"]


def test_a_job_that_a_worker_holds_is_not_taken_by_another(job):
    age(job, 5, state=ImportState.CHECKING, attempts=1)
    assert imports.run(job=job).state == ImportState.CHECKING
    assert Image.objects.count() == 0


def test_a_job_whose_worker_died_is_woken_and_completes(job):
    age(job, 61, state=ImportState.STORING, attempts=1, checked=4, stored=2)
    assert imports.recover() == [job.pk]
    assert imports.run(job=job).state == ImportState.DONE
    assert job.attempts == 2
    assert Image.objects.count() == 4


def test_a_waiting_job_whose_message_was_lost_is_woken(job):
    assert imports.recover() == []
    ImportJob.objects.update(created_at=timezone.now() - timedelta(seconds=20))
    assert imports.recover() == [job.pk]
    assert imports.recover() == []
    assert imports.run(job=job).state == ImportState.DONE


def test_after_three_dead_workers_a_job_is_given_up_in_words(job):
    age(job, 61, state=ImportState.CHECKING, attempts=MAX_ATTEMPTS)
    assert imports.recover() == []
    job.refresh_from_db()
    assert job.state == ImportState.FAILED
    assert "stopped 3 times" in job.problems[0]["reason"]
    assert job.problems[0]["mend"]


def test_an_error_puts_the_job_back_and_the_third_parks_it(job, settings, tmp_path):
    (tmp_path / "media").write_text("not a folder")
    for attempt in range(1, MAX_ATTEMPTS):
        imports.run(job=job)
        assert (job.state, job.attempts) == (ImportState.QUEUED, attempt)
    imports.run(job=job)
    assert job.state == ImportState.FAILED
    assert not imports.workspace(job).exists()


def test_a_cancelled_job_stores_nothing_even_when_it_is_cancelled_in_the_middle(job):
    def cancel_at_the_end_of_storing(phase, done, total):
        if (phase, done) == ("storing", total):
            imports.cancel(job=ImportJob.objects.get(pk=job.pk))

    imports.run(job=job, progress=cancel_at_the_end_of_storing)
    assert job.state == ImportState.CANCELLED
    assert Image.objects.count() == 0
    assert not imports.workspace(job).exists()


def test_an_ended_job_cannot_be_cancelled(job):
    imports.run(job=job)
    assert imports.cancel(job=job) is False
    assert job.state == ImportState.DONE


def test_a_worker_that_lost_its_claim_cannot_commit(job):
    def another_takes_over(phase, done, total):
        if (phase, done) == ("storing", 1):
            ImportJob.objects.filter(pk=job.pk).update(attempts=2)

    imports.run(job=job, progress=another_takes_over)
    assert job.state == ImportState.STORING
    assert Image.objects.count() == 0


def test_the_same_upload_again_is_done_with_nothing_new(job, study, tmp_path):
    imports.run(job=job)
    again = imports.start(study=study, actor=None, manifest_file=upload(tmp_path / "z.zip"))
    imports.run(job=again)
    assert (again.state, again.total, again.stored) == (ImportState.DONE, 4, 0)


def test_a_launched_study_takes_no_upload(study, tmp_path):
    Study.objects.update(state=StudyState.RUNNING, design_hash="x")
    study.refresh_from_db()
    with pytest.raises(StudyRefused, match="frozen"):
        imports.start(study=study, actor=None, manifest_file=upload(zip_with_manifest(tmp_path / "z.zip")))


def test_what_can_be_told_at_once_is_told_without_opening_a_picture(tmp_path):
    manifest = tmp_path / "m.csv"
    manifest.write_text("promt_id,prompt,generator,image\n")
    with pytest.raises(ImportRefused) as refused:
        imports.look_at(manifest_path=manifest, archive_path=None)
    assert "did you mean “prompt_id”" in refused.value.details[0]["reason"]
