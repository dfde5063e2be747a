"""What a designer uploads. What can be told without opening a picture is told at once, in the form."""

from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from annotations.forms import DescribedForm

ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")


class ImagesForm(DescribedForm):
    manifest = forms.FileField(
        label="Manifest, or one ZIP with everything",
        help_text="CSV, JSONL or Parquet with one row per image, or a ZIP that holds it and the images.",
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.jsonl,.ndjson,.parquet,.zip"}),
        error_messages={"empty": "This file is empty.", "required": "Choose a manifest or a ZIP."},
    )
    archive = forms.FileField(
        required=False,
        label="Images (ZIP)",
        help_text="Not needed where the first file is a ZIP that holds both.",
        widget=forms.FileInput(attrs={"accept": ".zip"}),
        error_messages={"empty": "This file is empty."},
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        manifest, archive = cleaned.get("manifest"), cleaned.get("archive")
        if manifest and sum(f.size for f in (manifest, archive) if f) > settings.UPLOAD_MAX_BYTES:
            self.add_error(
                "manifest", f"Together the files are larger than {settings.UPLOAD_MAX_BYTES / 1e9:g} GB."
            )
        elif manifest and archive is None and not is_zip(manifest):
            self.add_error("archive", "Add the ZIP with the images that the manifest names.")
        elif archive and not is_zip(archive):
            self.add_error("archive", "This is not a ZIP file.")
        return cleaned


class NewStudyForm(ImagesForm):
    name = forms.CharField(
        max_length=200,
        label="Name of the study",
        help_text="For you and your colleagues; raters don't see it.",
    )
    field_order = ("name", "manifest", "archive")


def is_zip(upload: UploadedFile) -> bool:
    upload.seek(0)
    start = upload.read(4)
    upload.seek(0)
    return start in ZIP_STARTS


def on_disk(upload: UploadedFile, folder: Path) -> Path:
    """Where an upload can be read as a file: large ones lie on disk already, small ones are written down."""
    if hasattr(upload, "temporary_file_path"):
        return Path(upload.temporary_file_path())
    path = folder / f"upload-{id(upload)}"
    with path.open("wb") as handle:
        for chunk in upload.chunks():
            handle.write(chunk)
    upload.seek(0)
    return path
