from django.db import models
from django.db.models import Q

from annotations.models import Generator, Image, Study
from annotations.models.base import PublicIdModel
from scoring.models.reference import ReferenceSet


class MetricKind(models.TextChoices):
    IMAGE = "image", "Per image"
    SET = "set", "Per set"


class Metric(models.Model):
    """A metric's definition and version; a new version is a new row, so old scores keep their meaning."""

    name = models.SlugField(max_length=80)
    version = models.CharField(max_length=40)
    kind = models.CharField(max_length=8, choices=MetricKind)
    label = models.CharField(max_length=120)
    note = models.TextField(blank=True, default="")  # what it knows and does not know, in words
    extractor = models.CharField(max_length=120, blank=True, default="")
    weights_source = models.CharField(max_length=300, blank=True, default="")
    weights_sha256 = models.CharField(max_length=64, blank=True, default="")
    licence = models.CharField(max_length=80, blank=True, default="")
    higher_is_better = models.BooleanField(null=True)
    active = models.BooleanField(default=True)
    # Why it cannot be computed at the moment, and what mends that; both empty while it can.
    unavailable_reason = models.TextField(blank=True, default="")
    unavailable_command = models.CharField(max_length=300, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version", "extractor", "weights_sha256"], name="metric_version_once"
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(active=True), name="metric_one_active_per_name"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class ScoreState(models.TextChoices):
    PENDING = "pending", "Waiting"
    CLAIMED = "claimed", "At work"
    DONE = "done", "Done"
    UNAVAILABLE = "unavailable", "Weights absent"  # completes by itself once the weights exist
    PARKED = "parked", "Failed three times"


class Work(models.Model):
    """Columns of a piece of work: the row is the truth, a Celery message only wakes a worker."""

    state = models.CharField(max_length=12, choices=ScoreState, default=ScoreState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True, default="")
    claim = models.CharField(max_length=40, blank=True, default="")
    claimed_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)
    value = models.FloatField(null=True)
    detail = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Score(Work):
    """One metric on one image."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="scores")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="scores")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["metric", "id"], condition=Q(state="pending"), name="score_pending_by_metric"
            ),
            models.Index(fields=["state", "id"], condition=~Q(state="done"), name="score_unfinished"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["image", "metric"], name="score_once_per_image_and_metric"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(computed_at__isnull=False), name="score_done_has_time"
            ),
            models.CheckConstraint(
                condition=Q(state="claimed", claimed_at__isnull=False) | ~Q(state="claimed"),
                name="score_claim_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} on {self.image_id}: {self.value}"


class SetScore(PublicIdModel, Work):
    """One distribution metric on one generator's images of a study, against a reference set."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="set_scores")
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="set_scores")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="set_scores")
    reference_set = models.ForeignKey(ReferenceSet, on_delete=models.PROTECT, related_name="set_scores")
    content_hash = models.CharField(max_length=64)  # of the pictures on both sides
    n = models.PositiveIntegerField(default=0)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    warning = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["state", "id"], condition=~Q(state="done"), name="set_score_unfinished")
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(computed_at__isnull=False), name="set_score_done_has_time"
            ),
            models.CheckConstraint(
                condition=Q(state="claimed", claimed_at__isnull=False) | ~Q(state="claimed"),
                name="set_score_claim_has_time",
            ),
            models.UniqueConstraint(
                fields=["study", "generator", "metric", "reference_set", "content_hash"],
                name="set_score_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric_id} of {self.generator_id}: {self.value}"
