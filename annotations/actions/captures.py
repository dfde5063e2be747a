"""One output of a generator, posted as it is made. It passes the very checks of a manifest with one row."""

import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile

from annotations.actions.manifests import import_folder
from annotations.errors import StudyRefused
from annotations.models import Image, Study, StudyState

PICTURE = "picture"


def store(
    *,
    study: Study,
    actor: AbstractBaseUser | None,
    upload: UploadedFile,
    prompt: str,
    generator: str,
    prompt_id: str = "",
    category: str = "",
    niche: str = "",
    seed: str = "",
    metadata: dict[str, Any] | None = None,
) -> tuple[Image, bool]:
    """The image and whether it is new. Raises ImportRefused with every problem found."""
    if study.state != StudyState.DRAFT:
        raise StudyRefused(
            f"“{study.name}” is launched; its images are frozen.", mend="Post to a study that is in draft."
        )
    key = prompt_id or prompt_key(prompt)
    row = {
        **(metadata or {}),
        "prompt_id": key,
        "prompt": prompt,
        "category": category,
        "generator": generator,
        "image": PICTURE,
        "seed": seed,
        "niche": niche,
    }
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        base = Path(folder)
        with (base / PICTURE).open("wb") as handle:
            for chunk in upload.chunks():
                handle.write(chunk)
        manifest = base / "manifest.jsonl"
        manifest.write_text(json.dumps(row) + "\n", encoding="utf-8")
        result = import_folder(study=study, manifest_path=manifest, base=base, actor=actor)
    image = Image.objects.select_related("prompt", "generator").get(
        study=study, prompt__key=key, generator__name=generator.strip(), seed=seed.strip()
    )
    return image, bool(result.new)


def prompt_key(text: str) -> str:
    """A key for a prompt that came without one: the same words give the same prompt."""
    return "p-" + hashlib.sha256(text.strip().encode()).hexdigest()[:16]
