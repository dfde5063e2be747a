import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from annotations.actions import imports
from annotations.models import ImportJob, ImportState, Study
from annotations.tasks import run_import
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/votes/imports/"
PAIRS = "a,b,won,who\nx,y,A,kim\ny,x,left,lee\n"
MAP = {"map": "left=a,right=b,outcome=won,rater=who", "outcomes": "right=A"}


@pytest.fixture
def api(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=UserFactory()).key}")
    return client


def send(api, text=PAIRS, **changes):
    file = SimpleUploadedFile("votes.csv", text.encode())
    return api.post(URL, {"name": "Elsewhere", "file": file} | MAP | changes, format="multipart")


def test_a_small_file_is_stored_at_once(api):
    answer = send(api)
    assert answer.status_code == 201
    study = Study.objects.get()
    assert (answer.json()["study"], answer.json()["votes"]) == (study.public_id, 2)
    assert api.get(f"{URL}{answer.json()['id']}/").json() == answer.json()


def test_every_kind_is_told_by_its_fields(api):
    text = "m,look,fit,who\na,3,7,kim\nb,1,,kim\n"
    answer = send(
        api, text, map="generator=m,rating.look=look,rating.fit=fit,rater=who", outcomes="", points=7
    )
    assert answer.status_code == 201
    block = Study.objects.get().block
    assert (block.protocol, block.points, block.criteria.count()) == ("likert", 7, 2)


def test_wrong_rows_are_named_with_their_mend_and_nothing_is_stored(api):
    answer = send(api, PAIRS + "x,x,left,kim\n")
    assert answer.status_code == 422
    [problem] = answer.json()["details"]
    assert (problem["row"], problem["column"]) == (4, "b")
    assert problem["mend"]
    assert not Study.objects.exists()


def test_a_large_file_is_left_to_a_worker(api, monkeypatch):
    monkeypatch.setattr("annotations.actions.vote_uploads.AT_ONCE_BYTES", 0)
    answer = send(api)
    assert (answer.status_code, answer.json()["state"], answer.json()["study"]) == (202, "queued", None)
    run_import(ImportJob.objects.get().pk)
    found = api.get(f"{URL}{answer.json()['id']}/").json()
    assert (found["state"], found["votes"], found["checked"]) == ("done", 2, 2)


@pytest.mark.parametrize("at_once", [True, False])
def test_the_file_of_a_refused_import_is_not_kept(api, at_once, monkeypatch):
    if not at_once:
        monkeypatch.setattr("annotations.actions.vote_uploads.AT_ONCE_BYTES", 0)
    send(api, PAIRS + "x,x,left,kim\n")
    job = ImportJob.objects.get()
    if not at_once:
        assert imports.workspace(job).exists()
        run_import(job.pk)
        job.refresh_from_db()
    assert (job.state, job.problem_count, job.workspace) == (ImportState.REFUSED, 1, "")
    assert not imports.workspace(job).exists()


def test_the_file_of_an_import_that_could_not_be_queued_is_not_kept(api, monkeypatch):
    def gone(*args, **named):
        raise OSError("the disk is gone")

    monkeypatch.setattr("annotations.actions.vote_uploads._remember", gone)
    with pytest.raises(OSError, match="disk"):
        send(api)
    job = ImportJob.objects.get()
    assert (job.state, job.workspace) == (ImportState.CANCELLED, "")
    assert not imports.workspace(job).exists()


@pytest.mark.parametrize("words", ["left", "left=a,left=b", "colour=a", "left=nowhere,right=b,outcome=won"])
def test_a_mapping_that_cannot_be_read_is_refused_in_words(api, words):
    answer = send(api, map=words)
    assert answer.status_code == 422
    assert answer.json()["message"]
    assert not Study.objects.exists()


def test_designers_alone_may_import(api):
    guest = APIClient()
    guest.force_authenticate(UserFactory(is_staff=False))
    assert send(guest).status_code == 403
    assert api.get(f"{URL}none/").status_code == 404
