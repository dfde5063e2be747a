"""Make the pictures that raters receive, prompt by prompt: all of a prompt's files end with the same length.

Rendering is deterministic, files are renamed into place and rows are committed per prompt. So a killed worker
loses one prompt's work, and two workers at once do no harm.
"""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import transaction

from annotations import blinding
from annotations.actions import storage
from annotations.errors import NotFound, PreparationFailed
from annotations.models import Rendition, Study

# Decoding, scaling and encoding run outside the interpreter's lock; the rest of the machine serves raters.
THREADS = 2


def render_pending(*, study: Study, progress: Callable[[int, int], None] | None = None) -> int:
    """Render what has no file yet; how many were made. `progress(done, total)` counts renditions."""
    total = study.renditions.count()
    prompts = list(study.renditions.filter(path="").values_list("prompt_id", flat=True).order_by().distinct())
    random.shuffle(prompts)  # two workers start at different ends
    made = 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="render") as pool:
        for prompt_id in prompts:
            made += _render_prompt(study, prompt_id, pool)
            if progress:
                progress(total - study.renditions.filter(path="").count(), total)
    return made


def _render_prompt(study: Study, prompt_id: int, pool: ThreadPoolExecutor) -> int:
    renditions = list(
        Rendition.objects.filter(study=study, prompt_id=prompt_id)
        .select_related("image", "reference")
        .order_by("id")
    )
    if all(rendition.path for rendition in renditions):
        return 0  # the other worker was here
    # Also those that have a file: a new longest one changes the length of all.
    encoded = list(pool.map(_render, renditions))
    length = blinding.padded_length([len(data) for data in encoded])
    for rendition, data in zip(renditions, encoded, strict=True):
        rendition.path = storage.rendition_path(rendition.key)
        rendition.bytes = length
        storage.write_atomic(rendition.path, blinding.pad(data, length))
    with transaction.atomic():
        Rendition.objects.bulk_update(renditions, ["path", "bytes"], batch_size=200)
    return len(renditions)


def _render(rendition: Rendition) -> bytes:
    original = rendition.image or rendition.reference
    try:
        data = None
        if original is not None:
            with storage.open_stored(original.path) as handle:
                data = handle.read()
        return blinding.render(
            data,
            box_px=rendition.box_px,
            encoding=rendition.encoding,
            kind=rendition.kind,
            key=rendition.key,
            words=rendition.words,
        )
    except Exception as error:  # decoders raise whatever they like
        raise _named(rendition, error) from error


def _named(rendition: Rendition, error: Exception) -> PreparationFailed:
    """Which picture it was. Runs in a thread of its own: no look into the database from here."""
    original = rendition.image or rendition.reference
    whose = f"of image {rendition.image.public_id}" if rendition.image else "of a reference image"
    if isinstance(error, NotFound):
        return PreparationFailed(
            f"The file {whose} is missing: {original.path if original else ''}.",
            mend="Put it back under MEDIA_ROOT, e.g. from the backup.",
        )
    return PreparationFailed(
        f"The file {whose} cannot be rendered ({type(error).__name__}: {str(error)[:200]}).",
        mend="See that the disk has room and the file is whole.",
    )
