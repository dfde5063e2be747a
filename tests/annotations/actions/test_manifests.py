import pytest
from django.db import IntegrityError

from annotations import signals
from annotations.actions import manifests, storage
from annotations.actions.manifests import checked, import_folder, store
from annotations.errors import ImportRefused, NotFound
from annotations.models import Generator, Image, Prompt, ReferenceImage, Study, StudyState
from tests.pictures import csv_text, encoded, files_for, folder, picture, rows, zip_with_manifest, zipped

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def study():
    return Study.objects.create(name="Cubes")


@pytest.fixture
def base(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def stored(media):
    return sorted(path.name for path in (media / "originals").rglob("*") if path.is_file())


def launched(study):
    Study.objects.filter(pk=study.pk).update(state=StudyState.RUNNING, design_hash="x")
    study.refresh_from_db()
    return study


def test_an_import_stores_each_picture_under_its_content(study, base, media):
    result = import_folder(study=study, manifest_path=folder(base))
    assert result.words == "4 new, 0 already there"
    assert list(Prompt.objects.values_list("key", "category", flat=False)) == [
        ("p1", "objects"),
        ("p2", "objects"),
    ]
    for image in Image.objects.all():
        with storage.open_stored(image.path) as file:
            data = file.read()
        assert (image.format, image.width, image.height, image.bytes) == ("PNG", 48, 32, len(data))
        assert data == (base / f"images/{image.generator.name}_{image.prompt.key}.png").read_bytes()
    assert stored(media) == sorted(Image.objects.values_list("sha256", flat=True))
    assert result.image_ids == list(Image.objects.values_list("pk", flat=True))


def test_importing_twice_changes_nothing(study, base, media):
    manifest = folder(base)
    import_folder(study=study, manifest_path=manifest)
    before = (stored(media), list(Image.objects.values()), list(Prompt.objects.values()))
    assert import_folder(study=study, manifest_path=manifest).words == "0 new, 4 already there"
    assert (stored(media), list(Image.objects.values()), list(Prompt.objects.values())) == before


def test_more_rows_later_add_only_what_is_new(study, base):
    import_folder(study=study, manifest_path=folder(base))
    more = rows(["p1", "p2", "p3"], ["model-a", "model-b", "model-c"])
    files = {name: data for name, data in files_for(more).items() if not (base / name).exists()}
    assert (
        import_folder(study=study, manifest_path=folder(base, more, files)).words == "5 new, 4 already there"
    )
    assert Generator.objects.count() == 3


def test_a_generator_is_shared_between_studies(study, base):
    import_folder(study=study, manifest_path=folder(base))
    import_folder(study=Study.objects.create(name="Again"), manifest_path=base / "manifest.csv")
    assert Generator.objects.count() == 2
    assert Image.objects.count() == 8


def test_with_any_problem_nothing_is_stored(study, base, media):
    table = rows()
    table[3]["image"] = "images/absent.png"
    with pytest.raises(ImportRefused) as refused:
        import_folder(study=study, manifest_path=folder(base, table, files_for(rows())))
    assert refused.value.details == [
        {
            "row": 5,
            "column": "image",
            "reason": "there is no such file",
            "mend": "Put “images/absent.png” beside the manifest or correct the path.",
        }
    ]
    assert not (media / "originals").exists()
    assert (Image.objects.count(), Prompt.objects.count(), Generator.objects.count()) == (0, 0, 0)


def test_another_picture_for_a_cell_that_is_taken_is_refused(study, base):
    import_folder(study=study, manifest_path=folder(base))
    (base / "images/model-a_p1.png").write_bytes(encoded(picture("pink")))
    with pytest.raises(ImportRefused, match="1 problem") as refused:
        import_folder(study=study, manifest_path=base / "manifest.csv")
    assert refused.value.details[0]["row"] == 2
    assert "another picture" in refused.value.details[0]["reason"]


def test_another_wording_of_a_prompt_that_is_there_is_refused(study, base):
    import_folder(study=study, manifest_path=folder(base))
    with pytest.raises(ImportRefused) as refused:
        import_folder(
            study=study,
            manifest_path=folder(base, [r | {"prompt": "Other" + r["prompt_id"]} for r in rows()]),
        )
    assert [p["column"] for p in refused.value.details] == ["prompt"] * 4


def test_a_launched_study_takes_no_new_images_but_the_same_ones_again(study, base):
    import_folder(study=study, manifest_path=folder(base))
    launched(study)
    assert import_folder(study=study, manifest_path=base / "manifest.csv").words == "0 new, 4 already there"
    with pytest.raises(ImportRefused) as refused:
        import_folder(study=study, manifest_path=folder(base, rows(["p1", "p2", "p3"])))
    assert "frozen" in refused.value.details[0]["reason"]


def test_a_launch_between_check_and_store_is_noticed(study, base, media):
    with checked(study=study, manifest_path=folder(base)) as plan:
        launched(study)
        with pytest.raises(ImportRefused, match="Nothing was imported"):
            store(study=study, plan=plan)
    assert stored(media) == []
    assert Image.objects.count() == 0


def test_a_file_that_changes_between_check_and_store_is_noticed(study, base, media):
    with checked(study=study, manifest_path=folder(base)) as plan:
        (base / "images/model-a_p1.png").write_bytes(encoded(picture("pink")))
        with pytest.raises(ImportRefused) as refused:
            store(study=study, plan=plan)
    assert "has changed" in refused.value.details[0]["reason"]
    assert not (media / "originals").exists()


def test_a_transaction_that_fails_takes_its_files_back_and_leaves_those_in_use(study, base, media):
    import_folder(study=study, manifest_path=folder(base, rows(["p1"])))
    before = stored(media)

    def fail():
        raise IntegrityError("no")

    other = Study.objects.create(name="Other")
    with checked(study=other, manifest_path=folder(base)) as plan, pytest.raises(IntegrityError):
        store(study=other, plan=plan, before_commit=fail)
    assert stored(media) == before
    assert len(before) == 2
    assert list((media / "incoming").iterdir()) == []


def test_what_a_killed_import_left_among_the_originals_is_taken_up_by_the_next(study, base, media):
    manifest = folder(base)
    with checked(study=study, manifest_path=manifest) as plan, storage.Staging() as staging:
        manifests._stage(staging, plan, lambda *_: None)
        staging.publish()
    assert len(stored(media)) == 4
    assert import_folder(study=study, manifest_path=manifest).new == 4
    assert len(stored(media)) == 4


def test_references_are_stored_once_per_prompt(study, base):
    table = [row | {"reference": "ref.png"} for row in rows()]
    import_folder(study=study, manifest_path=folder(base, table, files_for(rows()) | {"ref.png": encoded()}))
    assert list(ReferenceImage.objects.values_list("prompt__key", flat=True)) == ["p1", "p2"]


def test_metadata_and_optional_columns_are_kept(study, base):
    table = [row | {"niche": "food", "source": "PartiPrompts", "steps": "30"} for row in rows()]
    import_folder(study=study, manifest_path=folder(base, table))
    prompt = Prompt.objects.first()
    assert (prompt.niche, prompt.source) == ("food", "PartiPrompts")
    assert Image.objects.first().metadata == {"steps": "30"}
    assert Image.objects.first().seed == "7"


@pytest.mark.parametrize("way", ["both in one", "beside"])
def test_archives_import_like_folders(study, tmp_path, way):
    if way == "beside":
        manifest = folder(tmp_path, rows(), {})
        archive = zipped(tmp_path / "i.zip", files_for(rows()))
    else:
        manifest, archive = zip_with_manifest(tmp_path / "all.zip"), None
    assert import_folder(study=study, manifest_path=manifest, base=archive).new == 4


def test_warnings_name_missing_cells_and_unused_files(study, tmp_path):
    table = rows()
    members = {"manifest.csv": "\n".join(csv_text(table).splitlines()[:-1])} | files_for(table)
    result = import_folder(study=study, manifest_path=zipped(tmp_path / "z.zip", members))
    words = " ".join(warning["reason"] for warning in result.warnings)
    assert "1 of 4 cells" in words
    assert "p2 × model-b" in words
    assert "1 of the files in the ZIP are not named" in words


def test_those_who_listen_hear_of_new_images_after_the_commit_only(
    study, base, django_capture_on_commit_callbacks
):
    heard = []

    def listen(sender, study_id, image_ids, **_):
        heard.append((study_id, image_ids))

    signals.images_stored.connect(listen)
    try:
        with django_capture_on_commit_callbacks() as callbacks:
            result = import_folder(study=study, manifest_path=folder(base))
        assert heard == []
        for callback in callbacks:
            callback()
    finally:
        signals.images_stored.disconnect(listen)
    assert heard == [(study.pk, result.image_ids)]


def test_progress_counts_every_picture_twice(study, base):
    seen = []
    import_folder(study=study, manifest_path=folder(base), progress=lambda *count: seen.append(count))
    assert [s for s in seen if s[0] == "checking"] == [("checking", n, 4) for n in (1, 2, 3, 4)]
    assert [s for s in seen if s[0] == "storing"] == [("storing", n, 4) for n in (1, 2, 3, 4)]


def test_the_import_is_written_into_the_audit(study, base):
    import_folder(study=study, manifest_path=folder(base))
    event = study.audit.get(verb="images_imported")
    assert event.data["images"] == 4


def test_a_stored_path_never_leads_out_of_the_media_folder():
    for path in ("../secret", "/etc/hostname", ""):
        with pytest.raises(NotFound):
            storage.absolute(path)


def test_writing_is_whole_or_not_at_all(media):
    storage.write_atomic("renditions/ab/abc", b"one")
    storage.write_atomic("renditions/ab/abc", b"two")
    assert (media / "renditions/ab/abc").read_bytes() == b"two"
    assert [path.name for path in (media / "renditions/ab").iterdir()] == ["abc"]
