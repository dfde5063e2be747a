from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from annotations.actions import preparation
from annotations.models import Study, StudyState


class Command(BaseCommand):
    help = "Render the pictures of launched studies and open them, here and now, without a Celery worker."

    def handle(self, *args: Any, **options: Any) -> None:
        for study in Study.objects.filter(state=StudyState.PREPARING):
            with tqdm(desc=study.name, unit="picture", total=study.renditions.count()) as bar:

                def show(done: int, total: int, bar: tqdm = bar) -> None:
                    bar.total = total
                    bar.update(done - bar.n)

                opened = preparation.prepare(study=study, progress=show, insist=True)
            study.refresh_from_db()
            failed = study.prepare_error if not opened else ""
            said = "open to raters" if opened else failed or "left alone: a worker is preparing it"
            self.stdout.write(f"{study.public_id} {study.name}: {said}")
