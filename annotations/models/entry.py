"""Who comes and how: invitations, links to recruitment services, demographics, traces. All of it stands apart
from votes, and what could identify somebody can be erased without touching one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.base import PublicIdModel
from annotations.models.study import Panel, Study
from annotations.models.vote import Rater


class Invitation(PublicIdModel):
    """A single-use link into a panel. Only the token's hash is kept; the link is shown once, when made."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="invitations")
    label = models.CharField(
        max_length=200, blank=True, default=""
    )  # whom it is for, in the designer's words
    email = models.EmailField(blank=True, default="")  # expert panels: the account that may use it
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    rater = models.OneToOneField(Rater, null=True, on_delete=models.SET_NULL, related_name="invitation")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rater__isnull=True) | Q(used_at__isnull=False), name="invitation_used_says_when"
            )
        ]

    def __str__(self) -> str:
        return self.label or self.public_id


class ParticipantLink(models.Model):
    """The plain id by which a recruitment service knows a rater: for payment, and erasable on its own."""

    rater = models.OneToOneField(Rater, on_delete=models.CASCADE, related_name="participant")
    service = models.CharField(max_length=12)  # prolific, mturk
    external_id = models.CharField(max_length=200)
    # Prolific: {"study", "session"}; MTurk: {"assignment", "hit", "submit_to"}
    data = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.service} {self.rater_id}"


class Demographics(models.Model):
    """What a rater chose to say of themselves. "" means not answered, "no" prefers not to say."""

    rater = models.OneToOneField(Rater, on_delete=models.CASCADE, related_name="demographics")
    age_band = models.CharField(max_length=20, blank=True, default="")
    gender = models.CharField(max_length=20, blank=True, default="")
    country = models.CharField(max_length=20, blank=True, default="")
    language = models.CharField(max_length=20, blank=True, default="")
    display = models.CharField(max_length=20, blank=True, default="")
    expertise = models.CharField(max_length=20, blank=True, default="")
    consented_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "demographics"

    def __str__(self) -> str:
        return f"demographics of {self.rater_id}"


class Quota(PublicIdModel):
    """How many raters of a demographic cell a panel takes, e.g. {"age_band": "18-29", "gender": "woman"}."""

    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="quotas")
    cell = models.JSONField(default=dict)
    most_raters = models.PositiveIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.cell}: {self.most_raters}"


class DailySalt(models.Model):
    """Makes network hashes of one day; deleted afterwards, so that nobody can redo them."""

    day = models.DateField(unique=True)
    salt = models.CharField(max_length=64)

    class Meta:
        ordering = ["day"]

    def __str__(self) -> str:
        return str(self.day)


class NetworkTrace(models.Model):
    """Which salted, daily-rotated network hash a rater came from; swept after 30 days at the latest."""

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="traces")
    day = models.DateField()
    network_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["day", "network_hash"])]
        constraints = [
            models.UniqueConstraint(fields=["rater", "day", "network_hash"], name="trace_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.rater_id} {self.day}"


class RateWindow(models.Model):
    """How often something was tried within a span of time, over all processes. The key is a hash."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["ends_at"]
        indexes = [models.Index(fields=["ends_at"])]

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at}"


class Anomaly(models.Model):
    """Something odd about a visit: flagged for people to look at, never a reason to block by itself."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="anomalies")
    rater = models.ForeignKey(Rater, null=True, on_delete=models.CASCADE, related_name="anomalies")
    kind = models.CharField(max_length=40)  # honeypot, many_sessions, rate_limit, …
    evidence = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField(auto_now=True)
    resolved_at = models.DateTimeField(null=True)  # a designer looked at it; open again when it happens again

    class Meta:
        ordering = ["-last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rater", "kind"], condition=Q(rater__isnull=False), name="anomaly_kind_once_per_rater"
            )
        ]

    def __str__(self) -> str:
        return self.kind


class VerificationState(models.TextChoices):
    PASSED = "passed", "Passed"
    FAILED = "failed", "Failed"
    UNAVAILABLE = "unavailable", "Service unavailable"


class Verification(models.Model):
    """One answer of a verification service. That it could not be asked is no failure of the rater's."""

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="verifications")
    state = models.CharField(max_length=12, choices=VerificationState)
    detail = models.CharField(max_length=200, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.rater_id}: {self.state}"
