from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotations.models.base import PublicIdModel, new_token


class Protocol(models.TextChoices):
    PAIRWISE = "pairwise", "Pairs"
    LIKERT = "likert", "Ratings (1 to 5)"
    BEST_OF_N = "best_of_n", "Best of N"
    RANKING = "ranking", "Ranking"


class StudyState(models.TextChoices):
    DRAFT = "draft", "Draft"
    PREPARING = "preparing", "Preparing pictures"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    CLOSED = "closed", "Closed"


class Encoding(models.TextChoices):
    NEAR_LOSSLESS = "near_lossless", "Near-lossless (JPEG 95, 4:4:4)"
    LOSSLESS = "lossless", "Lossless (PNG)"


class Source(models.TextChoices):
    COLLECTED = "collected", "Votes collected here"
    IMPORTED = "imported", "Votes made elsewhere"


class Study(PublicIdModel):
    """One question put to raters. From launch on, everything but its state is frozen and hashed."""

    name = models.CharField(max_length=200)
    question = models.CharField(max_length=300, default="Which picture fits the description better?")
    instructions = models.TextField(blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    source = models.CharField(max_length=12, choices=Source, default=Source.COLLECTED)
    is_demo = models.BooleanField(default=False)

    protocol = models.CharField(max_length=12, choices=Protocol, default=Protocol.PAIRWISE)
    allow_tie = models.BooleanField(default=True)
    allow_both_bad = models.BooleanField(default=True)
    box_px = models.PositiveIntegerField(default=768)
    encoding = models.CharField(max_length=16, choices=Encoding, default=Encoding.NEAR_LOSSLESS)
    # NULL: every pair of generators within each prompt (round-robin).
    comparisons_per_prompt = models.PositiveIntegerField(null=True, blank=True)
    check_every = models.PositiveIntegerField(default=12)  # 0: no attention checks
    first_check_within = models.PositiveIntegerField(default=8)
    lease_s = models.PositiveIntegerField(default=600)
    max_votes_per_rater = models.PositiveIntegerField(null=True, blank=True)
    seed = models.BigIntegerField(default=0)

    state = models.CharField(max_length=12, choices=StudyState, default=StudyState.DRAFT)
    design = models.JSONField(null=True, blank=True)
    design_hash = models.CharField(max_length=64, blank=True, default="")
    launched_at = models.DateTimeField(null=True, blank=True)
    # Held by whoever renders the pictures; renewed with progress, so that a dead worker's claim runs out.
    prepare_claimed_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(box_px__gte=128, box_px__lte=4096), name="study_box_px_128_to_4096"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(source="imported") | ~Q(design_hash=""),
                name="study_launched_has_design_hash",
            ),
            models.CheckConstraint(condition=Q(lease_s__gte=30), name="study_lease_at_least_30_s"),
            # The hash covers the file and how it was read: the same votes are not stored twice.
            models.UniqueConstraint(
                fields=["design_hash"], condition=Q(source="imported"), name="study_imported_votes_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Criterion(models.Model):
    """What an answer is about: pairwise studies have `overall`, Likert ones fidelity, alignment and more."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    question = models.CharField(max_length=300, blank=True, default="")
    anchors = models.JSONField(default=list, blank=True)  # Likert: one text per point, lowest first
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["study", "key"], name="criterion_key_once_per_study")]

    def __str__(self) -> str:
        return self.label


class ConsentText(models.Model):
    """A version of what raters agree to. Never edited: a new text is a new version."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField()
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["study", "version"], name="consent_version_once_per_study")
        ]

    def __str__(self) -> str:
        return f"consent {self.version}"


class PanelKind(models.TextChoices):
    CROWD = "crowd", "Crowd"
    EXPERT = "expert", "Experts"
    JUDGE = "judge", "Judges"


class Panel(PublicIdModel):
    """A group of raters with an overlap of its own; its token is the unguessable link."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="panels")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=PanelKind, default=PanelKind.CROWD)
    token = models.CharField(max_length=32, unique=True, default=new_token)
    overlap = models.PositiveSmallIntegerField(default=3)
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(overlap__gte=1), name="panel_overlap_at_least_1"),
            models.UniqueConstraint(fields=["study", "name"], name="panel_name_once_per_study"),
        ]

    def __str__(self) -> str:
        return self.name


class AuditEvent(models.Model):
    """An append-only, hash-chained record of who changed what. Database triggers refuse UPDATE and DELETE."""

    study = models.ForeignKey(Study, null=True, on_delete=models.PROTECT, related_name="audit")
    sequence = models.PositiveIntegerField()  # within the study's chain, from 1
    actor = models.CharField(max_length=150)
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["study_id", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["study", "sequence"], name="audit_sequence_once_per_study"),
            models.UniqueConstraint(
                fields=["sequence"],
                condition=Q(study__isnull=True),
                name="audit_sequence_once_outside_studies",
            ),
            models.CheckConstraint(
                condition=Q(sequence__gte=1) & ~Q(hash=F("previous_hash")), name="audit_chain_moves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.verb} {self.subject}"
