import io
from datetime import timedelta

import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from annotations.actions import imports, vote_uploads
from annotations.models import ImportJob, ImportState, Study, Vote
from annotations.tasks import run_import
from arena.results.vote_kinds import KINDS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
PAIRS = "a,b,won,who\nx,y,A,kim\ny,x,left,lee\n"
SAID = {"column_left": "a", "column_right": "b", "column_outcome": "won", "column_rater": "who"}


@pytest.fixture(autouse=True)
def places(tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def designer(client):
    client.force_login(UserFactory())
    return client


@pytest.fixture
def large(monkeypatch):
    """Every file counts as too large to be imported while its owner waits."""
    monkeypatch.setattr("annotations.actions.vote_uploads.AT_ONCE_BYTES", 0)


def upload(client, text=PAIRS, kind="pairs", file="votes.csv", name="Elsewhere"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(
        reverse("votes-import"), {"name": name, "kind": kind, "file": SimpleUploadedFile(file, data)}
    )


def tell(client, address, do="import", **changes):
    return client.post(address, SAID | {"label_right": "A", "do": do} | changes)


def follow(client, response):
    return client.get(response.url, follow=True).content.decode()


def test_a_file_is_looked_at_then_read_then_ranked(designer):
    asked = upload(designer)
    page = designer.get(asked.url).content.decode()
    assert "kim" in page
    assert '<option value="won" selected>' in page
    assert not Study.objects.exists()
    checked = tell(designer, asked.url, do="check").content.decode()
    assert "The file is in order" in checked
    assert "2 votes on 2 generators by 2 raters" in checked
    assert "left: 1, right: 1" in checked
    assert not Study.objects.exists()
    done = follow(designer, tell(designer, asked.url))
    assert "Imported 2 votes by 2 raters" in done
    assert Study.objects.get().raters.count() == 2


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_the_example_of_every_kind_is_read_as_guessed(designer, kind):
    asked = upload(designer, kind.example + "\n", kind.key)
    form = designer.get(asked.url).context["form"]
    said = {name: field.initial for name, field in form.fields.items() if field.initial}
    if kind.key == "ratings":
        said["column_rating"] = ["fidelity", "appeal"]
    done = follow(designer, designer.post(asked.url, said | {"do": "import"}))
    assert "Imported" in done
    votes = Vote.objects.filter(study=Study.objects.get())
    assert votes.count() == (1 if "ballot" in kind.needed else kind.example.count("\n"))
    assert votes[0].study.prompts.count() == 1


def test_wrong_rows_are_named_with_their_mend_and_can_be_read_anew(designer):
    asked = upload(designer, "a,b,won\nx,y,left\nx,x,left\n")
    refused = tell(designer, asked.url, do="check", column_rater="")
    assert refused.status_code == 422
    assert "x is compared with itself" in refused.content.decode()
    tell(designer, asked.url, column_rater="")
    page = designer.get(asked.url).content.decode()
    assert "Nothing was imported: 1 problem found" in page
    assert "Remove the row" in page
    assert reverse("import-problems", args=[ImportJob.objects.get().public_id]) in page
    assert not Study.objects.exists()
    read_otherwise = tell(designer, asked.url, column_right="won", column_outcome="b", column_rater="")
    assert "compared with itself" not in follow(designer, read_otherwise)


def test_the_same_file_read_the_same_way_leads_to_the_same_study(designer):
    first = tell(designer, upload(designer).url)
    again = upload(designer, name="Again")
    said = follow(designer, tell(designer, again.url))
    assert "nothing changed" in said
    assert Study.objects.count() == 1
    assert designer.get(first.url).url == designer.get(again.url).url


def test_a_form_without_columns_says_what_is_missing(designer):
    asked = upload(designer)
    response = tell(designer, asked.url, column_left="")
    assert response.status_code == 422
    assert "Choose the column." in response.content.decode()


@pytest.mark.parametrize("data", [b"PK\x03\x04workbook", b"\xff\xfea\x00", b'a,b\n"x,y\n'])
def test_what_is_no_table_is_refused_at_the_door_and_not_kept(designer, data):
    response = upload(designer, data)
    assert response.status_code == 422
    assert "cannot be read" in response.content.decode()
    assert not ImportJob.objects.exists()


def test_a_large_file_is_left_to_a_worker_and_watched(designer, large):
    asked = upload(designer)
    assert "The first rows are in order" in tell(designer, asked.url, do="check").content.decode()
    tell(designer, asked.url)
    job = ImportJob.objects.get()
    assert job.state == ImportState.QUEUED
    page = designer.get(asked.url).content.decode()
    status = reverse("import-status", args=[job.public_id])
    assert f'data-import="{status}"' in page
    run_import(job.pk)
    assert designer.get(status).json()["state"] == "done"
    assert "Imported 2 votes by 2 raters" in follow(designer, asked)


def test_a_large_file_with_a_wrong_row_stores_nothing_and_keeps_the_file_for_another_reading(designer, large):
    asked = upload(designer, PAIRS + "x,x,left,kim\n")
    tell(designer, asked.url)
    run_import(ImportJob.objects.get().pk)
    page = designer.get(asked.url).content.decode()
    assert "compared with itself" in page
    assert "Which column is what?" in page
    assert not Vote.objects.exists()
    assert not Study.objects.exists()


def test_few_bytes_of_parquet_that_hold_many_rows_are_left_to_a_worker(designer, monkeypatch):
    monkeypatch.setattr("annotations.actions.vote_uploads.AT_ONCE_ROWS", 1)
    file = io.BytesIO()
    pd.read_csv(io.StringIO(PAIRS)).to_parquet(file)
    asked = upload(designer, file.getvalue(), file="votes.parquet")
    assert "The first rows are in order" in tell(designer, asked.url, do="check").content.decode()
    tell(designer, asked.url)
    assert ImportJob.objects.get().state == ImportState.QUEUED
    follow(designer, tell(designer, upload(designer).url))
    assert Study.objects.count() == 1


def test_a_refused_upload_can_be_thrown_away(designer):
    asked = upload(designer, PAIRS + "x,x,left,kim\n")
    tell(designer, asked.url)
    job = ImportJob.objects.get()
    assert imports.problems_file(job).exists()
    assert "Throw the upload away" in designer.get(asked.url).content.decode()
    page = designer.post(reverse("import-cancel", args=[job.public_id]), follow=True).content.decode()
    assert "had ended already" not in page
    assert "was cancelled" in designer.get(asked.url).content.decode()
    assert not imports.workspace(job).exists()


def test_a_job_of_votes_that_is_silent_for_minutes_keeps_its_worker(designer, large):
    tell(designer, upload(designer).url)
    job = ImportJob.objects.get()

    def silent(minutes):
        since = timezone.now() - timedelta(minutes=minutes)
        ImportJob.objects.update(state=ImportState.CHECKING, attempts=1, claimed_at=since)
        return imports.recover()

    assert silent(minutes=9) == []
    assert vote_uploads.run(job=job).attempts == 1
    assert silent(minutes=11) == [job.pk]
    assert vote_uploads.run(job=job).state == ImportState.DONE


def test_a_cancelled_import_leaves_nothing(designer, large):
    asked = upload(designer)
    tell(designer, asked.url)
    job = ImportJob.objects.get()
    designer.post(reverse("import-cancel", args=[job.public_id]))
    run_import(job.pk)
    assert not Study.objects.exists()
    assert "was cancelled" in designer.get(asked.url).content.decode()
    assert not (imports.workspace(job) / imports.MANIFEST).exists()


def test_an_import_whose_claim_was_lost_while_it_stored_is_undone(designer, large, monkeypatch):
    tell(designer, upload(designer).url)
    job = ImportJob.objects.get()
    store = vote_uploads.vote_import.vote_rows.store

    def taken_over(study, frame, reading):
        store(study, frame, reading)
        ImportJob.objects.filter(pk=job.pk).update(attempts=9)

    monkeypatch.setattr("annotations.actions.vote_import.vote_rows.store", taken_over)
    vote_uploads.run(job=job)
    assert not Study.objects.exists()
    assert not Vote.objects.exists()


def test_an_upload_that_nobody_went_on_with_is_thrown_away_after_a_day(designer):
    asked = upload(designer)
    ImportJob.objects.update(created_at=timezone.now() - timedelta(days=2))
    vote_uploads.forget()
    assert "was cancelled" in designer.get(asked.url).content.decode()
    assert not imports.workspace(ImportJob.objects.get()).exists()


def test_the_page_of_an_import_of_images_is_none_of_votes(designer):
    assert designer.get(reverse("import-votes", args=["none"])).status_code == 404
    job = ImportJob.objects.create(reading={"name": "x", "kind": "pairs"}, state="failed")
    assert designer.get(reverse("import", args=[job.public_id])).url == reverse(
        "import-votes", args=[job.public_id]
    )


def test_only_designers_may_import(client):
    client.force_login(UserFactory(is_staff=False))
    assert client.get(reverse("votes-import")).status_code == 403
