"""Static files as production serves them: bundled, without comments, named by their content, compressed."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from arena import bundling

# Pages of raters: on a slow network every further file costs them a round trip.
SCRIPTS = ("js/rater/main.js",)
SHEETS = ("css/reading.css", "css/voting.css")
OURS = ("js/", "css/")


class BundledStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Django rewrites the imports of modules that stay apart, so that a release never mixes with old ones."""

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if not dry_run:
            paths = {**paths, **_smaller(paths)}
        return super().post_process(paths, dry_run=dry_run, **options)


def _smaller(paths: dict[str, Any]) -> dict[str, Any]:
    """Our scripts and sheets by name, each as storage and path, as collectstatic hands them over."""
    made = InMemoryStorage()

    def read(name: str) -> str:
        storage, path = paths[name]
        with storage.open(path) as file:
            return file.read().decode()

    for name in paths:
        if not name.startswith(OURS):
            continue
        if name.endswith(".js"):
            text = bundling.script(name, read) if name in SCRIPTS else bundling.smaller_script(read(name))
        elif name.endswith(".css"):
            text = bundling.smaller_sheet(bundling.sheet(name, read) if name in SHEETS else read(name))
        else:
            continue
        made.save(name, ContentFile(text.encode()))
    return {name: (made, name) for name in paths if made.exists(name)}
