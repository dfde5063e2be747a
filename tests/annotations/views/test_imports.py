import json

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from annotations.actions import imports
from annotations.actions.manifests import import_folder
from annotations.models import Image, ImportJob, ImportState, Study, StudyState
from tests.factories import StudyFactory
from tests.pictures import csv_text, files_for, folder, rows, zip_with_manifest, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.VAR_DIR = tmp_path / "var"


@pytest.fixture
def staff(client):
    client.force_login(User.objects.create_user("dora", is_staff=True))
    return client


@pytest.fixture
def study():
    return StudyFactory(name="Cubes")


def csv_upload(text=None):
    return SimpleUploadedFile("manifest.csv", (csv_text(rows()) if text is None else text).encode())


def zip_upload(tmp_path, **options):
    return SimpleUploadedFile("all.zip", zip_with_manifest(tmp_path / "z.zip", **options).read_bytes())


def test_one_zip_makes_a_study_and_leads_to_its_import(staff, tmp_path):
    answer = staff.post(reverse("study-new"), {"name": "Cubes", "manifest": zip_upload(tmp_path)})
    job = ImportJob.objects.get()
    assert answer.headers["Location"] == reverse("import", args=[job.public_id])
    assert (job.study.name, job.study.owner.username, job.manifest_name) == ("Cubes", "dora", "all.zip")
    imports.run(job=job)
    page = staff.get(answer.headers["Location"]).content.decode()
    assert "4 new, 0 already there" in page
    assert reverse("study-design", args=[job.study.public_id]) in page


def test_a_malformed_manifest_is_told_in_the_form_and_makes_nothing(staff, tmp_path):
    text = csv_text(rows()).replace("prompt_id", "promt_id", 1)
    archive = SimpleUploadedFile("i.zip", zipped(tmp_path / "i.zip", files_for(rows())).read_bytes())
    answer = staff.post(
        reverse("study-new"), {"name": "Cubes", "manifest": csv_upload(text), "archive": archive}
    )
    assert answer.status_code == 422
    assert "did you mean “prompt_id”" in answer.content.decode()
    assert (Study.objects.count(), ImportJob.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "manifest": csv_upload()}, "This field is required"),
        ({"name": "x"}, "Choose a manifest or a ZIP"),
        ({"name": "x", "manifest": csv_upload()}, "Add the ZIP with the images"),
        ({"name": "x", "manifest": csv_upload(""), "archive": csv_upload()}, "This file is empty"),
        ({"name": "x", "manifest": csv_upload(), "archive": csv_upload()}, "This is not a ZIP"),
    ],
)
def test_a_form_that_cannot_work_says_why(staff, fields, words):
    answer = staff.post(reverse("study-new"), fields)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert Study.objects.count() == 0


def test_images_are_added_to_a_draft_and_to_nothing_else(staff, study, tmp_path):
    address = reverse("study-images-add", args=[study.public_id])
    assert staff.get(address).status_code == 200
    answer = staff.post(address, {"manifest": zip_upload(tmp_path)})
    assert answer.status_code == 302
    assert ImportJob.objects.get().study == study
    Study.objects.update(state=StudyState.RUNNING, design_hash="x")
    assert staff.post(address, {"manifest": zip_upload(tmp_path)}).status_code == 302
    assert ImportJob.objects.count() == 1


def test_the_page_of_a_refused_import_shows_its_problems_and_offers_all_as_csv(staff, study, tmp_path):
    table = [row | {"image": "<b>absent</b>.png"} for row in rows()]
    upload = SimpleUploadedFile("z.zip", zipped(tmp_path / "z.zip", {"m.csv": csv_text(table)}).read_bytes())
    job = imports.run(job=imports.start(study=study, actor=None, manifest_file=upload))
    page = staff.get(reverse("import", args=[job.public_id])).content.decode()
    assert "4 problems found" in page
    assert "&lt;b&gt;absent" in page
    assert "<b>absent" not in page
    answer = staff.get(reverse("import-problems", args=[job.public_id]))
    assert len(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()) == 5


def test_the_status_counts_what_is_really_done(staff, study, tmp_path):
    job = imports.start(study=study, actor=None, manifest_file=zip_upload(tmp_path))
    address = reverse("import-status", args=[job.public_id])
    seen = []

    def look(phase, done, total):
        seen.append(json.loads(staff.get(address).content))

    assert json.loads(staff.get(address).content)["state"] == "queued"
    imports.run(job=job, progress=look)
    assert {"checking", "storing"} <= {answer["state"] for answer in seen}
    last = json.loads(staff.get(address).content)
    assert (last["state"], last["ended"], last["total"], last["stored"]) == ("done", True, 4, 4)


def test_a_waiting_import_can_be_cancelled_from_its_page(staff, study, tmp_path):
    job = imports.start(study=study, actor=None, manifest_file=zip_upload(tmp_path))
    page = reverse("import", args=[job.public_id])
    assert reverse("import-cancel", args=[job.public_id]) in staff.get(page).content.decode()
    staff.post(reverse("import-cancel", args=[job.public_id]))
    job.refresh_from_db()
    assert job.state == ImportState.CANCELLED
    assert "was cancelled" in staff.get(page).content.decode()


def test_an_original_is_for_staff_only_and_as_it_came(staff, client, study, tmp_path):
    import_folder(study=study, manifest_path=folder(tmp_path))
    image = Image.objects.first()
    address = reverse("image-file", args=[image.public_id])
    answer = staff.get(address)
    assert b"".join(answer.streaming_content) == files_for(rows())["images/model-a_p1.png"]
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"] == f'inline; filename="{image.public_id}.png"'
    client.force_login(User.objects.create_user("rita"))
    assert client.get(address).status_code == 403
    client.logout()
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("name", ["import", "import-status", "import-problems", "image-file"])
def test_an_unknown_address_is_not_found(staff, name):
    assert staff.get(reverse(name, args=["nosuchthing1"])).status_code == 404


def test_nobody_but_designers_may_upload(client, study):
    addresses = [reverse("study-new"), reverse("study-images-add", args=[study.public_id])]
    for address in addresses:
        assert client.get(address).status_code == 302
    client.force_login(User.objects.create_user("rita"))
    for address in addresses:
        assert client.post(address, {}).status_code == 403


def test_large_uploads_are_taken_from_designers_only(staff, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    archive = SimpleUploadedFile("i.zip", b"PK\x03\x04" + bytes(3000))
    fields = {"name": "x", "manifest": csv_upload(), "archive": archive}
    assert staff.post(reverse("study-new"), fields).status_code == 422
    for upload in (fields["manifest"], fields["archive"]):
        upload.seek(0)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["csrftoken"] = "a" * 32
    assert strict.post(reverse("study-new"), fields).status_code == 400
