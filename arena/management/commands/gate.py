import json
import sys
from typing import Any
from urllib.parse import parse_qsl

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.actions import looks
from annotations.errors import ArenaError
from annotations.models import Study
from arena.results.filters import asked, words
from arena.results.gate import gate

# Who runs it is known to nobody; that somebody looked is.
ACTOR = "gate command"
EXITS = {"pass": 0, "worse": 1, "undecided": 3}


class Command(BaseCommand):
    help = (
        "Compares a candidate with a baseline. Exits with 0 when it is at most the margin behind, 1 when it "
        "is worse, 2 for wrong input, and 3 when the study cannot tell."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", help="public id of the study")
        parser.add_argument("--candidate", required=True, help="name of the generator that is to ship")
        parser.add_argument("--baseline", required=True, help="name of the generator it is held against")
        parser.add_argument("--margin", type=float, default=0.0, help="points it may be behind; 0 by default")
        parser.add_argument("--filter", default="", help="as in the ranking's address: category=people&…")
        parser.add_argument("--json", action="store_true", help="every number at full precision")

    def handle(self, *args: Any, **options: Any) -> None:
        study = Study.objects.filter(public_id=options["study"]).first()
        if study is None:
            raise CommandError(f"no study is called {options['study']}", returncode=2)
        try:
            offered, filters = asked(dict(parse_qsl(options["filter"].lstrip("?"))), study)
            found = gate(
                study,
                filters,
                candidate=options["candidate"],
                baseline=options["baseline"],
                margin=options["margin"],
            )
        except ArenaError as error:
            raise CommandError(f"{error.message} {error.mend}", returncode=2) from error
        looks.note(study=study, actor=ACTOR)
        if options["json"]:
            self.stdout.write(json.dumps(found.to_dict(), indent=2, ensure_ascii=False))
        else:
            conditions = "; ".join(words(filters, offered)) or "usual filter"
            self.stdout.write(f"{found.verdict}: {found.reason} ({conditions})")
        sys.exit(EXITS[found.verdict])
