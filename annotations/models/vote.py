from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.base import PublicIdModel, new_token
from annotations.models.comparison import Comparison, Place
from annotations.models.study import ConsentText, Panel, Study


class RaterState(models.TextChoices):
    JOINED = "joined", "Joined"  # on the way in, or to agree to a new consent text; nothing is served
    ACTIVE = "active", "Active"
    FINISHED = "finished", "Finished"
    SCREENED_OUT = "screened_out", "Screened out"  # did not pass the quiz, or found their quota full
    WITHDRAWN = "withdrawn", "Withdrawn"


class Outcome(models.TextChoices):
    """How a rater's visit ended, for recruitment services and payment; "" while it lasts."""

    COMPLETED = "completed", "Completed"
    SCREENED_OUT = "screened_out", "Screened out"
    FAILED_CHECKS = "failed_checks", "Failed checks"
    QUOTA_FULL = "quota_full", "Quota full"
    NO_CONSENT = "no_consent", "No consent"


class Rater(PublicIdModel):
    """One person (or judge) in one study. Crowd raters are known by a cookie whose hash stands here."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="raters")
    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="raters")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    label = models.CharField(max_length=100, blank=True, default="")  # votes made elsewhere: their name there
    secret_hash = models.CharField(max_length=64, unique=True, null=True)
    # Keyed hash of the id that a recruitment service knows them by; the plain id is a ParticipantLink's.
    external_hash = models.CharField(max_length=64, blank=True, default="")
    arrival = models.PositiveIntegerField(default=0)  # in the panel, from 0: balances orders of criteria
    language = models.CharField(max_length=10, blank=True, default="")
    state = models.CharField(max_length=12, choices=RaterState, default=RaterState.JOINED)
    simulated = models.BooleanField(default=False)
    consent = models.ForeignKey(ConsentText, null=True, on_delete=models.PROTECT, related_name="+")
    consented_at = models.DateTimeField(null=True)
    instructed_at = models.DateTimeField(null=True)  # has read the instructions
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True, default="")
    # Practice: null while it is not done; the quiz: tries so far, and when it was passed.
    practised_at = models.DateTimeField(null=True)
    quiz_tries = models.PositiveSmallIntegerField(default=0)
    qualified_at = models.DateTimeField(null=True)
    completion_code = models.CharField(max_length=16, unique=True, null=True)
    # Kept beside the votes and changed under the rater's row lock, so that serving needs no counting.
    served = models.PositiveIntegerField(default=0)
    voted = models.PositiveIntegerField(default=0)
    checks_voted = models.PositiveIntegerField(default=0)  # of `voted`, those that were attention checks
    order_balance = models.IntegerField(default=0)  # straight minus swapped orders served to this rater
    repeats_served = models.PositiveIntegerField(default=0)
    next_check_at = models.PositiveIntegerField(null=True)  # sequence number of the next attention check
    lately = models.JSONField(
        default=list
    )  # [prompt id, category] of the last trials served, the last at the end
    rank_from = models.PositiveIntegerField(
        default=0
    )  # places before this rank were met or taken when looked at

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "user"], condition=Q(user__isnull=False), name="rater_user_once"
            ),
            models.UniqueConstraint(
                fields=["study", "external_hash"],
                condition=~Q(external_hash=""),
                name="rater_external_id_once_per_study",
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
    SKIPPED = "skipped", "Skipped"  # with a reason, or because a picture was broken
    SURPLUS = "surplus", "Surplus"  # voted after its lease had run out and its place was filled


class AssignmentKind(models.TextChoices):
    REGULAR = "regular", "Regular"
    CHECK = "check", "Attention check"
    REPEAT = "repeat", "Repeat"
    PRACTICE = "practice", "Practice"
    QUIZ = "quiz", "Qualification quiz"


class Assignment(models.Model):
    """A comparison served to a rater: order, lease, nonce. Checks and repeats have no place."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="assignments")
    # No index of their own: those below begin with them, and each index is written for every vote.
    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    comparison = models.ForeignKey(
        Comparison, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
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
        indexes = [
            models.Index(fields=["rater", "state"]),
            models.Index(fields=["comparison", "rater"]),
            # Checks that a rater has met, practice and quiz: few among thousands.
            models.Index(
                fields=["rater"], condition=~Q(kind="regular"), name="assignment_other_than_regular"
            ),
        ]
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
            models.UniqueConstraint(
                fields=["rater", "comparison"],
                condition=Q(kind="repeat", state__in=["leased", "voted"]),
                name="assignment_repeated_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rater_id}#{self.sequence}"


class Vote(PublicIdModel):
    """The one stored answer to an assignment. Never edited or deleted: an undo marks it retracted and serves
    the same place again.

    `answer` is what was said AS SHOWN; `order` beside it says which slot was where. Its shape by protocol:
    pairwise {"overall": "left" | "right" | "tie" | "both_bad" | "cannot_judge", …} one per criterion, graded
    also "much_left" and "much_right"; likert {"fidelity": 4, …} or "cannot_judge"; best_of_n
    {"best": 2, "worst": 0} or {"best": "none" | "cannot_judge"}; ranking {"ranking": [2, 0, 1]} best first or
    {"ranking": "cannot_judge"}, in votes made elsewhere also {"ranking": [2, [0, 1]]} with equal ones in a
    list; failure_review {"failures": ["anatomy", …]} ([]: none seen).
    `remarks` hold what needs words: {"chips": […], "text": "…", "marks": [{"x", "y", "failure"}]}.
    """

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="vote")
    place = models.ForeignKey(Place, null=True, on_delete=models.PROTECT, related_name="votes")
    # Both lead an index of Meta: one more of their own would be written with every vote for nothing.
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="votes", db_index=False)
    rater = models.ForeignKey(Rater, on_delete=models.PROTECT, related_name="votes", db_index=False)
    comparison = models.ForeignKey(Comparison, on_delete=models.PROTECT, related_name="votes")
    kind = models.CharField(max_length=10, choices=AssignmentKind, default=AssignmentKind.REGULAR)
    order = models.CharField(max_length=9)
    answer = models.JSONField()
    remarks = models.JSONField(null=True)
    passed = models.BooleanField(null=True)  # where the answer is known
    surplus = models.BooleanField(default=False)  # came when its place was filled: kept, never counted
    decoded_ms = models.PositiveIntegerField(null=True)  # navigation to both pictures decoded
    answer_ms = models.PositiveIntegerField(null=True)  # both pictures decoded to answer
    viewport_width = models.PositiveIntegerField(null=True)
    viewport_height = models.PositiveIntegerField(null=True)
    device_pixel_ratio = models.FloatField(null=True)
    zoomed = models.BooleanField(null=True)
    retracted_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)  # the rater withdrew and had the answer erased

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
                fields=["place"],
                condition=Q(retracted_at__isnull=True, surplus=False),
                name="vote_one_standing_per_place",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["check", "practice", "quiz"], passed__isnull=False)
                | Q(kind__in=["regular", "repeat"], passed__isnull=True)
                | Q(erased_at__isnull=False, passed__isnull=True),
                name="vote_with_known_answer_says_passed",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id


class ReportKind(models.TextChoices):
    SKIP = "skip", "Skipped"
    BROKEN = "broken", "Broken picture"


class Report(models.Model):
    """A rater skipped an assignment, or says that a picture is broken. The place goes to somebody else."""

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="report")
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=8, choices=ReportKind)
    position = models.PositiveSmallIntegerField(null=True)  # of the broken picture, as shown
    reason = models.CharField(max_length=40, blank=True, default="")  # key of an offered reason
    note = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.assignment_id}"


class RuleOverride(models.Model):
    """An analyst's decision that a declared rule's hit does not count for a rater."""

    rater = models.ForeignKey(Rater, on_delete=models.CASCADE, related_name="overrides")
    rule = models.CharField(max_length=60)  # the rule's name in the frozen design
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
                fields=["rater", "rule"],
                condition=Q(lifted_at__isnull=True),
                name="override_one_standing_per_rater_and_rule",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rater_id}: {self.rule}"


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
