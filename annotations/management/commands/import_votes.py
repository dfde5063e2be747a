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
        "Brings in votes made elsewhere as a study of their own: pairs, ratings, rankings or best-of-N "
        "answers, by which fields are named. Examples for --map: "
        "left=model_a,right=model_b,outcome=winner,rater=judge (pairs; --outcomes left=a,right=b); "
        "better=won,worse=lost (pairs of which nobody knows which was left); "
        "generator=model,rating=answer,rater=worker,prompt=item (ratings; rating.fidelity=…,"
        "rating.overall=… for several criteria, rating=first|second for raters side by side); "
        "ballot=trial,generator=model,rank=place (rankings, 1 is best); "
        "ballot=trial,generator=model,chosen=best (best of N: 1, or -1 for the worst)"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV, JSONL or Parquet, one row per vote")
        parser.add_argument("--name", required=True, help="name of the study")
        parser.add_argument("--map", required=True, help="field=column, …: says what kind of votes these are")
        parser.add_argument("--outcomes", default="", help="outcome=label, … where the labels differ")
        parser.add_argument("--points", type=int, default=5, help="points of a rating scale: 5 or 7")
        parser.add_argument(
            "--strip-prompt", action="store_true", help="take the prompt off the front of generator names"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            mapping, outcomes = parse_pairs(options["map"]), parse_pairs(options["outcomes"])
            done = import_votes(
                path=path,
                name=options["name"],
                mapping=mapping,
                outcomes=outcomes,
                points=options["points"],
                strip_prompt=options["strip_prompt"],
            )
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
