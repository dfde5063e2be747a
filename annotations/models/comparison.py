from django.db import models
from django.db.models import Q

from annotations.models.base import PublicIdModel
from annotations.models.block import Block
from annotations.models.image import Generator, Image, Prompt, Rendition
from annotations.models.study import Panel, Study


class ComparisonKind(models.TextChoices):
    REGULAR = "regular", "Regular"
    CHECK = "check", "Attention check"
    PRACTICE = "practice", "Practice"
    QUIZ = "quiz", "Qualification quiz"


class CheckKind(models.TextChoices):
    NONE = "", "None"
    DEGRADED = "degraded", "Degraded copy"
    INSTRUCTED = "instructed", "Instructed response"
    GOLD = "gold", "Known answer from experts"


class Comparison(PublicIdModel):
    """The set of images that one question is about. Its slots are in canonical order; what a rater sees is
    an order of slots, held by the Place and copied to Assignment and Vote."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="comparisons")
    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="comparisons")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="comparisons")
    kind = models.CharField(max_length=10, choices=ComparisonKind, default=ComparisonKind.REGULAR)
    check_kind = models.CharField(max_length=12, choices=CheckKind, blank=True, default="")
    # Which answer passes, in canonical terms: {"slot": 0} or {"ratings": {"fidelity": [1, 2]}} …
    expected = models.JSONField(null=True, blank=True)
    explanation = models.CharField(max_length=500, blank=True, default="")  # practice: shown as feedback

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["study", "kind"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="regular", check_kind="", expected__isnull=True)
                | ~Q(kind="regular") & ~Q(check_kind="") & Q(expected__isnull=False),
                name="comparison_with_known_answer_says_which",
            )
        ]

    def __str__(self) -> str:
        return self.public_id


class ComparisonSlot(models.Model):
    """Position `index` of a comparison's canonical order. Votes made elsewhere have no image."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="slots")
    index = models.PositiveSmallIntegerField()
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="+")
    image = models.ForeignKey(Image, null=True, on_delete=models.CASCADE, related_name="slots")
    rendition = models.ForeignKey(Rendition, null=True, on_delete=models.PROTECT, related_name="slots")

    class Meta:
        ordering = ["comparison_id", "index"]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "index"], name="slot_index_once_per_comparison"),
            models.CheckConstraint(condition=Q(index__lte=8), name="slot_at_most_nine"),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}[{self.index}]"


class PlaceState(models.TextChoices):
    FREE = "free", "Free"
    LEASED = "leased", "Leased"
    FILLED = "filled", "Filled"


class Place(models.Model):
    """One wanted vote: a comparison has `overlap` places per panel, so that the wanted number is exact by
    construction. The shown order belongs to the place, so that sides balance whoever comes."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="places")
    panel = models.ForeignKey(Panel, on_delete=models.CASCADE, related_name="places")
    comparison = models.ForeignKey(
        Comparison, on_delete=models.CASCADE, related_name="places", db_index=False
    )
    index = models.PositiveSmallIntegerField()
    order = models.CharField(max_length=9)  # slot indices as shown, in reading order: "01", "10", "2031" …
    rank = models.PositiveIntegerField()  # serving order: rounds of overlap, categories interleaved
    state = models.CharField(max_length=8, choices=PlaceState, default=PlaceState.FREE)
    lease_expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["panel_id", "rank"]
        indexes = [
            models.Index(fields=["panel", "rank"], condition=Q(state="free"), name="place_free_by_rank"),
            models.Index(
                fields=["lease_expires_at"], condition=Q(state="leased"), name="place_leased_by_expiry"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["comparison", "panel", "index"], name="place_index_once"),
            models.CheckConstraint(
                condition=Q(state="leased", lease_expires_at__isnull=False)
                | ~Q(state="leased") & Q(lease_expires_at__isnull=True),
                name="place_lease_has_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comparison_id}/{self.panel_id}/{self.index}"


class Batch(models.Model):
    """Comparisons of an adaptive block that were opened together, with how they were drawn. The first batch
    is drawn evenly; each later one from the votes up to then."""

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="batches")
    number = models.PositiveIntegerField()  # from 1
    seed = models.CharField(max_length=80)
    comparisons = models.PositiveIntegerField()
    first_rank = models.PositiveIntegerField()  # its places have this rank or a later one
    votes = models.PositiveIntegerField(default=0)  # that it was drawn from
    # Per pair of generators [first, second, drawn, chance of being drawn first, expected drop of variance].
    pairs = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["block_id", "number"]
        verbose_name_plural = "batches"
        constraints = [
            models.UniqueConstraint(fields=["block", "number"], name="batch_number_once_per_block")
        ]

    def __str__(self) -> str:
        return f"{self.block_id} batch {self.number}"
