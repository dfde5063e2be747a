from typing import Any

from django.core.management.base import BaseCommand

from scoring.actions import metrics, runs, scores, work
from scoring.models import Score, ScoreState


class Command(BaseCommand):
    help = "Compute all scores that wait, here and now, without a Celery worker."

    def handle(self, *args: Any, **options: Any) -> None:
        work.recover()
        metrics.sync()
        scores.fill_gaps(thorough=True)
        stored = runs.drain(budget_s=None)
        left = Score.objects.exclude(state=ScoreState.DONE).values_list("state", flat=True)
        self.stdout.write(f"{stored} scores computed, {len(left)} not: {', '.join(sorted(set(left))) or '-'}")
