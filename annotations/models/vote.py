from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.base import PublicIdModel, new_token
from annotations.models.comparison import Comparison, Place
from annotations.models.study import ConsentText, Panel, Study


class RaterState(models.TextChoices):
    JOINED = "joined", "Joined"  # has entered; consent not yet given
    ACTIVE = "active", "Active"
    FINISHED = "finished", "Finished"
    WITHDRAWN = "withdrawn", "Withdrawn"


class Rater(PublicIdModel):
    """One person (or judge) in one study. Crowd raters are known by a cookie whose hash stands here."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="raters")
    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="raters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    label = models.CharField(max_length=100, blank=True, default="")  # votes made elsewhere: their name there
    secret_hash = models.CharField(max_length=64, unique=True, null=True)
    state = models.CharField(max_length=10, choices=RaterState, default=RaterState.JOINED)
    simulated = models.BooleanField(default=False)
    consent = models.ForeignKey(ConsentText, null=True, on_delete=models.PROTECT, related_name="+")
    consented_at = models.DateTimeField(null=True)
    instructed_at = models.DateTimeField(null=True)  # has read the instructions
    finished_at = models.DateTimeField(null=True)
    completion_code = models.CharField(max_length=16, unique=True, null=True)
    # Kept beside the votes and changed under the rater's row lock, so that serving needs no counting.
    served = models.PositiveIntegerField(default=0)
    voted = models.PositiveIntegerField(default=0)
    checks_voted = models.PositiveIntegerField(default=0)  # of `voted`, those that were attention checks
    order_balance = models.IntegerField(default=0)  # straight minus swapped orders served to this rater
    next_check_at = models.PositiveIntegerField(null=True)  # sequence number of the next attention check

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"], condition=Q(user__isnull=False), name="rater_user_once"
            ),
            models.CheckConstraint(
                condition=Q(state="joined") | Q(consented_at__isnull=False), name="rater_active_has_consented"
            ),
            models.CheckConstraint(
                condition=~Q(state="finished") | Q(completion_code__isnull=False),
                name="rater_finished_has_code",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class AssignmentState(models.TextChoices):
    LEASED = "leased", "Leased"
    VOTED = "voted", "Voted"
    EXPIRED = "expired", "Expired"
    RELEASED = "released", "Released"  # given back: rater left, study closed
    RETRACTED = "retracted", "Retracted"  # voted, then undone


class AssignmentKind(models.TextChoices):
    REGULAR = "regular", "Regular"
    CHECK = "check", "Attention check"
    REPEAT = "repeat", "Repeat"
    PRACTICE = "practice", "Practice"


class Assignment(models.Model):
    """A comparison served to a rater: order, lease, nonce. Checks and repeats have no place."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="assignments")
    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="assignments")
    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="assignments")
    place = models.ForeignKey(Place, null=True, on_delete=models.CASCADE, related_name="assignments")
    kind = models.CharField(max_length=10, choices=AssignmentKind, default=AssignmentKind.REGULAR)
    state = models.CharField(max_length=10, choices=AssignmentState, default=AssignmentState.LEASED)
    sequence = models.PositiveIntegerField()  # in the rater's own session, from 1
    order = models.CharField(max_length=9)
    nonce = models.CharField(max_length=32, unique=True, default=new_token)
    picture_token = models.CharField(max_length=32, unique=True, default=new_token)
    served_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["rater", "state"]), models.Index(fields=["comparison", "rater"])]
        constraints = [
            # An undone assignment is served again at its old number.
            models.UniqueConstraint(
                fields=["rater", "sequence"],
                condition=~Q(state="retracted"),
                name="assignment_sequence_once_per_rater",
            ),
            models.UniqueConstraint(
                fields=["place"],
                condition=Q(state__in=["leased", "voted"]),
                name="assignment_one_live_per_place",
            ),
            models.UniqueConstraint(
                fields=["rater", "comparison"],
                condition=Q(kind__in=["regular", "check"], state__in=["leased", "voted"]),
                name="assignment_never_same_comparison_twice",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater_id}#{self.sequence}"


class Vote(PublicIdModel):
    """The one stored answer to an assignment. Never edited or deleted: an undo marks it retracted and serves
    the same place again. `answer` maps criterion keys to what was said AS SHOWN: pairwise
    {"overall": "left" | "right" | "tie" | "both_bad"}, Likert {"fidelity": 4, …}; `order` beside it says
    which slot was where."""

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="vote")
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="votes")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="votes")
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="votes")
    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="votes")
    kind = models.CharField(max_length=10, choices=AssignmentKind, default=AssignmentKind.REGULAR)
    order = models.CharField(max_length=9)
    answer = models.JSONField()
    passed = models.BooleanField(null=True)  # attention checks only
    decoded_ms = models.PositiveIntegerField(null=True)  # navigation to both pictures decoded
    answer_ms = models.PositiveIntegerField(null=True)  # both pictures decoded to answer
    viewport_width = models.PositiveIntegerField(null=True)
    viewport_height = models.PositiveIntegerField(null=True)
    device_pixel_ratio = models.FloatField(null=True)
    zoomed = models.BooleanField(null=True)
    retracted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["study", "kind", "id"]),
            models.Index(fields=["rater", "id"]),
            # Results ask at every look whether anything was undone since.
            models.Index(
                fields=["study", "retracted_at"],
                condition=Q(retracted_at__isnull=False),
                name="vote_retracted",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["place"], condition=Q(retracted_at__isnull=True), name="vote_one_standing_per_place"
            ),
            models.CheckConstraint(
                condition=Q(kind="check", passed__isnull=False) | ~Q(kind="check") & Q(passed__isnull=True),
                name="vote_check_says_passed",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class Exclusion(models.Model):
    """A reversible, reasoned exclusion of a rater from analysis. Votes stay; reading applies it."""

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="exclusions")
    reason = models.CharField(max_length=300)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rater"], condition=Q(lifted_at__isnull=True), name="exclusion_one_standing_per_rater"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rater_id}: {self.reason}"
