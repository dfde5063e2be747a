from django.conf import settings
from django.db import models

from annotations.models.base import PublicIdModel
from annotations.models.study import Study


class ReportJobState(models.TextChoices):
    QUEUED = "queued", "Waiting for a worker"
    MAKING = "making", "Being made"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


REPORT_UNDER_WAY = (ReportJobState.QUEUED, ReportJobState.MAKING)


class ReportJob(PublicIdModel):
    """One report that somebody asked for; its files are kept until a newer one of the same filter is done.

    `asked_key` tells one filter from another, `basis` one state of what the report was computed from.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="report_jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=12, choices=ReportJobState, default=ReportJobState.QUEUED)
    asked = models.JSONField()
    asked_key = models.CharField(max_length=64)
    basis = models.CharField(max_length=64, blank=True, default="")
    votes = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    doing = models.CharField(max_length=200, blank=True, default="")
    problem = models.CharField(max_length=300, blank=True, default="")
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "asked_key"],
                condition=models.Q(state__in=["queued", "making"]),
                name="one_report_under_way",
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def under_way(self) -> bool:
        return self.state in REPORT_UNDER_WAY
