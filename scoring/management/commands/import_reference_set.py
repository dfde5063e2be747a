from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from annotations.errors import ArenaError
from scoring.actions import reference_sets


class Command(BaseCommand):
    help = "Import a reference set from a folder of pictures or a ZIP."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("source", type=Path)
        parser.add_argument("--description", default="")

    def handle(self, *args: Any, name: str, source: Path, description: str, **options: Any) -> None:
        with tqdm(unit=" pictures", disable=None) as bar:

            def show(_: str, done: int, __: int) -> None:
                bar.update(done - bar.n)

            try:
                done = reference_sets.create(name=name, source=source, description=description, progress=show)
            except ArenaError as error:
                lines = [
                    f"{detail['column']}: {detail['reason']}. {detail['mend']}" for detail in error.details
                ]
                raise CommandError("\n".join([error.message, *lines, error.mend])) from error
        state = "imported" if done.created else "was there already"
        self.stdout.write(
            f"“{done.reference_set.name}” {state}: {done.pictures} pictures, {done.repeated} repeated, "
            f"{done.ignored} other files left out. Id {done.reference_set.public_id}"
        )
