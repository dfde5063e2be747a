"""manage.py import_study MANIFEST [--images DIR|ZIP] (--name NAME | --study PID)"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from tqdm import tqdm

from annotations.actions import studies
from annotations.actions.manifests import Plan, checked, store
from annotations.errors import ArenaError, ImportRefused
from annotations.models import Study


class Command(BaseCommand):
    help = (
        "Import a manifest (CSV, JSONL, Parquet, or a ZIP that holds one) with its images into a study. "
        "Everything is checked first; with any problem nothing is stored. Importing again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("manifest", type=Path, help="the manifest, or a ZIP with manifest and images")
        parser.add_argument("--images", type=Path, help="folder or ZIP with the images (default: beside it)")
        parser.add_argument("--name", help="the study's name; made where there is none of that name")
        parser.add_argument("--study", help="public id of the study to add to")
        parser.add_argument("--box", type=int, help="side of the box that raters see, in px (new studies)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["manifest"].is_file():
            raise CommandError(f"There is no file {options['manifest']}.")
        study = self._study(options)
        try:
            with (
                _Bar() as bar,
                checked(
                    study=study,
                    manifest_path=options["manifest"],
                    base=options["images"],
                    progress=bar,
                ) as plan,
            ):
                if study is None:
                    settings = {"box_px": options["box"]} if options["box"] else {}
                    study = studies.create(name=options["name"], owner=None, **settings)
                result = store(study=study, plan=plan, progress=bar)
        except ImportRefused as error:
            self._refused(error)
        except ArenaError as error:
            raise CommandError(f"{error.message} {error.mend}") from error
        self._summary(study, plan, result.words)

    def _study(self, options: dict[str, Any]) -> Study | None:
        """None where the study has yet to be made: after the checks, so that refusal leaves nothing."""
        if options["study"]:
            study = Study.objects.filter(public_id=options["study"]).first()
            if study is None:
                raise CommandError(
                    f"There is no study {options['study']}. Its id stands in its page's address."
                )
        elif options["name"]:
            found = Study.objects.filter(name=options["name"])[:2]
            if len(found) > 1:
                raise CommandError(f"Several studies are called “{options['name']}”. Name one by --study.")
            study = found[0] if found else None
        else:
            raise CommandError("Say which study: --name NAME for a new one, or --study ID.")
        if study is not None and options["box"] and options["box"] != study.box_px:
            raise CommandError(
                f"“{study.name}” has a box of {study.box_px} px. Change it on its design page."
            )
        return study

    def _refused(self, error: ImportRefused) -> None:
        rows = [("row", "column", "reason → mend")]
        rows += [(str(p["row"] or ""), p["column"], f"{p['reason']} → {p['mend']}") for p in error.details]
        widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
        for row, column, words in rows:
            self.stderr.write(f"{row:>{widths[0]}}  {column:<{widths[1]}}  {words}")
        count = error.problems.error_count
        if count > len(error.details):
            self.stderr.write(f"… and {count - len(error.details):,} more")
        raise CommandError(f"{error.message} {error.mend}", returncode=1)

    def _summary(self, study: Study, plan: Plan, words: str) -> None:
        for warning in plan.problems.first_warnings():
            row = f"row {warning['row']}, " if warning["row"] else ""
            self.stderr.write(f"Warning: {row}{warning['column']}: {warning['reason']}. {warning['mend']}")
        more = plan.problems.warning_count - len(plan.problems.first_warnings())
        if more > 0:
            self.stderr.write(f"… and {more:,} more warnings")
        categories = ", ".join(f"{name} {count}" for name, count in plan.categories.items())
        self.stdout.write(f"{words}.")
        self.stdout.write(
            f"{len(plan.generators)} generators × {len(plan.prompts)} prompts: {', '.join(plan.generators)}"
        )
        self.stdout.write(f"Prompts by category: {categories}")
        self.stdout.write(f"{study.name}: {reverse('study', args=[study.public_id])}")


class _Bar:
    """One bar per phase; silent where the output is no terminal."""

    def __init__(self) -> None:
        self.phase = ""
        self.bar: tqdm | None = None

    def __call__(self, phase: str, done: int, total: int) -> None:
        if phase != self.phase:
            self._close()
            self.phase = phase
            self.bar = tqdm(total=total, desc=phase.capitalize(), unit="image", disable=None)
        if self.bar is not None:
            self.bar.update(done - self.bar.n)

    def _close(self) -> None:
        if self.bar is not None:
            self.bar.close()

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
