from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from annotations.models.base import PublicIdModel, new_token

if TYPE_CHECKING:
    from annotations.models.block import Block


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
    instructions = models.TextField(blank=True, default="")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    source = models.CharField(max_length=12, choices=Source, default=Source.COLLECTED)
    is_demo = models.BooleanField(default=False)

    box_px = models.PositiveIntegerField(default=768)
    encoding = models.CharField(max_length=16, choices=Encoding, default=Encoding.NEAR_LOSSLESS)
    check_every = models.PositiveIntegerField(default=12)  # 0: no attention checks
    first_check_within = models.PositiveIntegerField(default=18)
    lease_s = models.PositiveIntegerField(default=600)
    max_votes_per_rater = models.PositiveIntegerField(null=True, blank=True)
    repeat_share = models.FloatField(default=0.05)  # planned repeats with swapped sides, of regular votes
    prompt_gap = models.PositiveSmallIntegerField(default=3)  # other trials between two of the same prompt
    break_after_min = models.PositiveSmallIntegerField(default=20)  # 0: no break reminder
    # Exclusion rules declared before launch; see arena.analytics.rater_rules.
    rules = models.JSONField(default=list, blank=True)
    ask_demographics = models.JSONField(
        default=list, blank=True
    )  # ["age_band", "gender", …]; [] asks nothing
    privacy_text = models.TextField(blank=True, default="")
    language = models.CharField(max_length=10, default="en")  # of the study's own texts
    # The same texts in other languages: {"de": {"name": …, "instructions": …, "privacy_text": …}}
    translations = models.JSONField(default=dict, blank=True)
    seed = models.BigIntegerField(default=0)

    state = models.CharField(max_length=12, choices=StudyState, default=StudyState.DRAFT)
    design = models.JSONField(null=True, blank=True)
    design_hash = models.CharField(max_length=64, blank=True, default="")
    launched_at = models.DateTimeField(null=True, blank=True)
    # Held by whoever renders the pictures; renewed with progress, so that a dead worker's claim runs out.
    prepare_claimed_at = models.DateTimeField(null=True, blank=True)
    # Large plans are written by a worker in steps; null until the last step has made the plan whole.
    planned_at = models.DateTimeField(null=True, blank=True)
    plan_total = models.PositiveIntegerField(default=0)  # rows that the plan will have
    plan_written = models.PositiveIntegerField(default=0)
    # A preparation that fails says why, and is tried again later.
    prepare_error = models.TextField(blank=True, default="")
    prepare_attempts = models.PositiveSmallIntegerField(default=0)
    prepare_after_at = models.DateTimeField(null=True, blank=True)
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
            models.CheckConstraint(
                condition=Q(repeat_share__gte=0, repeat_share__lte=0.5), name="study_repeat_share_0_to_half"
            ),
            # The hash covers the file and how it was read: the same votes are not stored twice.
            models.UniqueConstraint(
                fields=["design_hash"], condition=Q(source="imported"), name="study_imported_votes_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def block(self) -> "Block":
        """The first block: the only one in most studies."""
        return self.blocks.all()[0]


class ConsentText(models.Model):
    """A version of what raters agree to. Never edited: a new text is a new version."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField()
    text = models.TextField()
    translations = models.JSONField(default=dict, blank=True)  # {"de": "…"}
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


class PanelEntry(models.TextChoices):
    LINK = "link", "Open link"
    INVITATION = "invitation", "Single-use invitations"
    PROLIFIC = "prolific", "Prolific"
    MTURK = "mturk", "Mechanical Turk"
    ACCOUNT = "account", "Accounts"
    API = "api", "API token"


class Panel(PublicIdModel):
    """A group of raters with an overlap of its own; its token is the unguessable link."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="panels")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=PanelKind, default=PanelKind.CROWD)
    token = models.CharField(max_length=32, unique=True, default=new_token)
    entry = models.CharField(max_length=12, choices=PanelEntry, default=PanelEntry.LINK)
    overlap = models.PositiveSmallIntegerField(default=3)
    is_open = models.BooleanField(default=True)
    entered = models.PositiveIntegerField(default=0)  # raters so far, withdrawn and finished ones included
    max_raters = models.PositiveIntegerField(null=True, blank=True)  # who enters later finds the quota full
    practice = models.BooleanField(default=True)  # shows the practice golds, where there are any
    # A qualification quiz of the blocks' quiz golds: share of right answers that passes; NULL asks none.
    quiz_pass_mark = models.FloatField(null=True, blank=True)
    quiz_attempts = models.PositiveSmallIntegerField(default=2)
    # What a rater is sent back with, per outcome: {"completed": {"code": "…", "url": "…"}, …}
    outcomes = models.JSONField(default=dict, blank=True)
    # Asks a verification service before the first vote; its address and secret are settings.
    verify = models.BooleanField(default=False)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(overlap__gte=1), name="panel_overlap_at_least_1"),
            models.UniqueConstraint(fields=["study", "name"], name="panel_name_once_per_study"),
            models.CheckConstraint(
                condition=Q(quiz_pass_mark__isnull=True) | Q(quiz_pass_mark__gt=0, quiz_pass_mark__lte=1),
                name="panel_pass_mark_a_share",
            ),
            # Automated raters are never pooled with people.
            models.CheckConstraint(
                condition=Q(kind="judge", entry="api") | ~Q(kind="judge") & ~Q(entry="api"),
                name="panel_judges_come_by_api",
            ),
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
