import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from PIL import Image as Pillow

from annotations.actions import renditions, storage
from annotations.actions.manifests import import_folder
from annotations.models import Rendition, Study
from tests.pictures import folder, rows


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def study(db, tmp_path):
    study = Study.objects.create(name="Cubes", box_px=128)
    import_folder(study=study, manifest_path=folder(tmp_path, rows(["p1", "p2", "p3"])))
    made = [
        Rendition(study=study, prompt=image.prompt, image=image, box_px=128, encoding=study.encoding)
        for image in study.images.select_related("prompt")
    ]
    first = made[0]
    common = {"study": study, "prompt": first.prompt, "image": first.image, "box_px": 128}
    made.append(Rendition(kind="degraded", **common))
    made.append(Rendition(kind="instructed", instruction="choose", **common))
    made.append(Rendition(kind="instructed", instruction="2", **(common | {"image": None})))
    Rendition.objects.bulk_create(made)
    return study


def contents(study):
    found = {}
    for rendition in study.renditions.all():
        with storage.open_stored(rendition.path) as handle:
            found[rendition.pk] = handle.read()
    return found


def test_every_rendition_is_made_in_the_box_and_has_its_prompts_length(study):
    seen = []
    assert (
        renditions.render_pending(study=study, progress=lambda done, total: seen.append((done, total))) == 9
    )
    data = contents(study)
    for rendition in study.renditions.all():
        assert rendition.bytes == len(data[rendition.pk])
        assert rendition.bytes % 1024 == 0
        with Pillow.open(io.BytesIO(data[rendition.pk])) as image:
            assert image.size == (128, 128)
    for prompt in study.prompts.all():
        assert len(set(prompt.renditions.values_list("bytes", flat=True))) == 1
    assert seen[-1] == (9, 9)
    assert len(seen) == 3


def test_a_renditions_address_says_nothing_about_its_image(study):
    renditions.render_pending(study=study)
    for rendition in study.renditions.exclude(image=None).select_related("image__generator"):
        assert rendition.path == f"renditions/{rendition.key[:2]}/{rendition.key}"
        assert rendition.image.generator.name not in rendition.path


def test_work_goes_on_where_a_killed_worker_left_it(study):
    def die(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        renditions.render_pending(study=study, progress=die)
    done = set(study.renditions.exclude(path="").values_list("pk", flat=True))
    assert 0 < len(done) < 9
    before = {pk: storage.absolute(Rendition.objects.get(pk=pk).path).stat().st_mtime_ns for pk in done}
    assert renditions.render_pending(study=study) == 9 - len(done)
    after = {pk: storage.absolute(Rendition.objects.get(pk=pk).path).stat().st_mtime_ns for pk in done}
    assert before == after
    assert renditions.render_pending(study=study) == 0


def test_a_rendition_that_comes_later_keeps_its_prompts_lengths_equal(study):
    renditions.render_pending(study=study)
    prompt = study.prompts.first()
    Rendition.objects.create(
        study=study,
        prompt=prompt,
        image=study.images.first(),
        kind="degraded",
        box_px=128,
        encoding="lossless",
    )
    renditions.render_pending(study=study)
    assert len(set(prompt.renditions.values_list("bytes", flat=True))) == 1
    assert all(
        rendition.bytes == len(data)
        for rendition, data in zip(study.renditions.all(), contents(study).values(), strict=True)
    )


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_the_same_files(study):
    def work(_):
        try:
            return renditions.render_pending(study=Study.objects.get(pk=study.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    first = contents(study)
    assert study.renditions.filter(path="").count() == 0
    study.renditions.update(path="")
    renditions.render_pending(study=study)
    assert contents(study) == first
