import io
import zipfile

import pytest

from annotations.actions import storage
from annotations.errors import ImportRefused
from scoring.actions import reference_sets
from scoring.errors import ScoringRefused
from scoring.models import ReferenceSet
from tests.scoring.conftest import png

pytestmark = pytest.mark.django_db


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    out.seek(0)
    return out


def folder(root, files):
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


FILES = {"a.png": png(1), "deep/b.PNG": png(2), "again.png": png(1), "notes.txt": b"hello"}


def test_a_folder_and_a_zip_of_the_same_pictures_are_the_same_set(tmp_path):
    one = reference_sets.create(name="One", source=folder(tmp_path / "set", FILES))
    two = reference_sets.create_from_upload(name="Two", upload=zipped(FILES))
    assert (one.pictures, one.repeated, one.ignored, one.created) == (2, 1, 1, True)
    assert (two.pictures, two.repeated, two.ignored) == (2, 1, 1)
    assert one.reference_set.content_hash == two.reference_set.content_hash


def test_pictures_lie_in_storage_with_their_facts(tmp_path):
    made = reference_sets.create(name="One", source=folder(tmp_path / "set", FILES)).reference_set
    row = made.pictures.first()
    assert (row.width, row.height, row.format) == (96, 96, "PNG")
    assert storage.absolute(row.path).read_bytes() in (png(1), png(2))


def test_importing_the_same_again_changes_nothing(tmp_path):
    source = folder(tmp_path / "set", FILES)
    first = reference_sets.create(name="One", source=source)
    again = reference_sets.create(name="One", source=source)
    assert not again.created
    assert again.reference_set == first.reference_set


def test_a_set_is_never_changed_under_its_name(tmp_path):
    reference_sets.create(name="One", source=folder(tmp_path / "set", FILES))
    with pytest.raises(ScoringRefused, match="other pictures"):
        reference_sets.create(name="One", source=folder(tmp_path / "other", {"c.png": png(3)}))


def test_all_problems_are_named_at_once_and_nothing_is_stored(tmp_path, settings):
    bad = {"good.png": png(1), "broken.png": png(2)[:300], "no.png": b"no picture"}
    with pytest.raises(ImportRefused) as caught:
        reference_sets.create(name="One", source=folder(tmp_path / "set", bad))
    assert {detail["column"] for detail in caught.value.details} == {"broken.png", "no.png"}
    assert not ReferenceSet.objects.exists()
    assert not list(settings.MEDIA_ROOT.glob("originals/**/*"))
    assert not list(settings.MEDIA_ROOT.glob("incoming/*"))


def test_links_that_lead_out_of_the_folder_are_refused(tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(1))
    root = folder(tmp_path / "set", {"a.png": png(2)})
    (root / "link.png").symlink_to(secret)
    with pytest.raises(ImportRefused) as caught:
        reference_sets.create(name="One", source=root)
    assert "leads out" in caught.value.details[0]["reason"]


def test_a_zip_that_climbs_out_of_its_folder_is_refused():
    with pytest.raises(ImportRefused):
        reference_sets.create_from_upload(name="One", upload=zipped({"../evil.png": png(1)}))


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"x"}])
def test_a_set_without_pictures_is_refused(files, tmp_path):
    (tmp_path / "set").mkdir()
    with pytest.raises(ImportRefused) as caught:
        reference_sets.create(name="One", source=folder(tmp_path / "set", files))
    assert "no picture" in caught.value.details[0]["reason"]


def test_too_large_an_upload_is_refused_by_its_size(settings):
    settings.UPLOAD_MAX_BYTES = 100
    with pytest.raises(ImportRefused, match="larger") as caught:
        reference_sets.create_from_upload(name="One", upload=zipped(FILES))
    assert caught.value.status == 413


def test_a_file_that_is_no_zip_and_a_name_that_is_empty_are_refused(tmp_path):
    with pytest.raises(ImportRefused):
        reference_sets.create_from_upload(name="One", upload=io.BytesIO(b"not a zip"))
    with pytest.raises(ImportRefused):
        reference_sets.create(name="One", source=tmp_path / "absent")
    with pytest.raises(ScoringRefused, match="name"):
        reference_sets.create(name="  ", source=tmp_path)
