from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotations.actions import audit
from annotations.models import AuditEvent, Study


class Command(BaseCommand):
    help = "Check the hash chain of every study's audit record, and of the record outside studies."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", nargs="*", help="public ids of studies; all of them when none is named")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["study"]
        studies = Study.objects.filter(public_id__in=wanted) if wanted else Study.objects.all()
        if unknown := set(wanted) - {study.public_id for study in studies}:
            raise CommandError(f"no study is called {', '.join(sorted(unknown))}")
        broken = 0
        for study in [*studies, *([] if wanted else [None])]:
            broken += self._report(study)
        if broken:
            raise CommandError(f"{broken} of the audit records do not hold")

    def _report(self, study: Study | None) -> bool:
        problems = audit.verify(study=study)
        last = AuditEvent.objects.filter(study=study).order_by("sequence").last()
        name = study.public_id if study else "outside studies"
        rows, head = (last.sequence, last.hash) if last else (0, "none")
        self.stdout.write(f"{name}: {'broken' if problems else 'holds'}, {rows} rows, last hash {head}")
        for problem in problems:
            self.stdout.write(f"  {problem}")
        return bool(problems)
