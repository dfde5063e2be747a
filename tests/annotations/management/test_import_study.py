from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from annotations.models import Image, Study
from tests.factories import StudyFactory
from tests.pictures import files_for, folder, rows, zip_with_manifest, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"


def run(*args, **options):
    out, err = StringIO(), StringIO()
    call_command("import_study", *map(str, args), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_a_manifest_beside_its_images_makes_a_study_and_says_where_it_is(tmp_path):
    out, _ = run(folder(tmp_path), name="Cubes", box=512)
    study = Study.objects.get()
    assert study.box_px == 512
    assert "4 new, 0 already there." in out
    assert "2 generators × 2 prompts: model-a, model-b" in out
    assert "Prompts by category: objects 2" in out
    assert reverse("study", args=[study.public_id]) in out


def test_the_same_command_again_changes_nothing(tmp_path):
    manifest = folder(tmp_path)
    run(manifest, name="Cubes")
    before = list(Image.objects.values())
    out, _ = run(manifest, name="Cubes")
    assert "0 new, 4 already there." in out
    assert list(Image.objects.values()) == before
    assert Study.objects.count() == 1


def test_a_refused_manifest_makes_no_study_and_prints_its_problems(tmp_path):
    table = rows()
    table[1]["image"] = "images/absent.png"
    err = StringIO()
    with pytest.raises(CommandError, match="Nothing was imported: 1 problem found") as refused:
        call_command(
            "import_study", str(folder(tmp_path, table, files_for(rows()))), name="Cubes", stderr=err
        )
    assert refused.value.returncode == 1
    assert "  3  image   there is no such file → Put “images/absent.png”" in err.getvalue()
    assert Study.objects.count() == 0


def test_images_may_lie_in_a_zip_or_another_folder(tmp_path):
    manifest = folder(tmp_path, rows(), {})
    out, _ = run(manifest, name="Zip", images=zipped(tmp_path / "i.zip", files_for(rows())))
    assert "4 new" in out
    (tmp_path / "elsewhere").mkdir()
    folder(tmp_path / "elsewhere")
    out, _ = run(manifest, name="Folder", images=tmp_path / "elsewhere")
    assert "4 new" in out


def test_more_images_go_into_the_study_that_is_named_by_its_id(tmp_path):
    run(zip_with_manifest(tmp_path / "a.zip"), name="Cubes")
    pid = Study.objects.get().public_id
    out, err = run(zip_with_manifest(tmp_path / "b.zip", rows(["p3"], ["model-a"])), study=pid)
    assert "1 new" in out
    assert "Warning: image: 1 of 6 cells" in err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "Say which study"),
        ({"study": "nosuch"}, "There is no study nosuch"),
        ({"name": "Twins"}, "Several studies"),
        ({"name": "Once", "box": 512}, "has a box of 768 px"),
    ],
)
def test_a_study_that_is_not_clear_is_asked_for(tmp_path, options, words):
    for name in ("Twins", "Twins", "Once"):
        StudyFactory(name=name, box_px=768)
    with pytest.raises(CommandError, match=words):
        run(folder(tmp_path), **options)


def test_a_manifest_that_is_not_there_is_said_plainly(tmp_path):
    with pytest.raises(CommandError, match="There is no file"):
        run(tmp_path / "absent.csv", name="x")
