from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotations.actions.vote_import import import_votes
from annotations.errors import ImportRefused
from annotations.importing.problems import Unreadable
from annotations.importing.vote_table import parse_pairs


class Command(BaseCommand):
    help = (
        "Brings in pairwise votes made elsewhere as a study of their own. Example: "
        "manage.py import_votes votes.csv --name 'Trial' "
        "--map left=model_a,right=model_b,outcome=winner,rater=judge --outcomes left=a,right=b"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, JSONL or Parquet, one row per vote")
        parser.add_argument("--name", required=True, help="name of the study")
        parser.add_argument(
            "--map", required=True, help="field=column, …: left, right, outcome; rater, prompt, …"
        )
        parser.add_argument("--outcomes", default="", help="outcome=label, … where the labels differ")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            mapping, outcomes = parse_pairs(options["map"]), parse_pairs(options["outcomes"])
            done = import_votes(path=path, name=options["name"], mapping=mapping, outcomes=outcomes)
        except Unreadable as error:
            raise CommandError(f"{error.reason}. {error.mend}") from error
        except ImportRefused as error:
            self.report(error)
            raise CommandError(f"{error.message} Nothing was stored.") from error
        self.stdout.write(
            f"{'Imported' if done.created else 'Imported earlier, nothing changed:'} {done.votes:,} votes by "
            f"{done.raters:,} raters on {done.generators:,} generators: study {done.study.public_id}"
        )

    def report(self, error: ImportRefused) -> None:
        for problem in error.details:
            where = f"row {problem['row']}" if problem["row"] else "file"
            column = f", {problem['column']}" if problem["column"] else ""
            self.stderr.write(f"{where}{column}: {problem['reason']}. {problem['mend']}")
