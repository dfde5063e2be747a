"""The part of a study that one protocol asks about. Most studies have one; a study may mix several."""

from django.db import models
from django.db.models import Q

from annotations.models.base import PublicIdModel
from annotations.models.study import Study


class Protocol(models.TextChoices):
    PAIRWISE = "pairwise", "Pairs"
    LIKERT = "likert", "Ratings"
    BEST_OF_N = "best_of_n", "Best of N"
    RANKING = "ranking", "Ranking"
    FAILURE_REVIEW = "failure_review", "Failure review"


class Design(models.TextChoices):
    ROUND_ROBIN = "round_robin", "Full round-robin"
    BALANCED = "balanced", "Balanced incomplete"
    BASELINE = "baseline", "Linked to a baseline"
    RANDOM = "random", "Random with quotas"
    ADAPTIVE = "adaptive", "Adaptive"


class Pages(models.TextChoices):
    ONE = "one", "All criteria on one page"
    SEPARATE = "separate", "One criterion a page"


class Pick(models.TextChoices):
    BEST = "best", "The best"
    BEST_AND_WORST = "best_and_worst", "The best and the worst"


class Block(PublicIdModel):
    """One protocol with its question, answers and design. Frozen with its study at launch."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="blocks")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.SlugField(max_length=40, default="main")
    title = models.CharField(max_length=80, blank=True, default="")
    protocol = models.CharField(max_length=16, choices=Protocol, default=Protocol.PAIRWISE)
    question = models.CharField(max_length=300, default="Which picture fits the description better?")
    show_reference = models.BooleanField(default=False)

    # Which answers are offered beside a choice.
    allow_tie = models.BooleanField(default=True)
    allow_both_bad = models.BooleanField(default=True)
    allow_cannot_judge = models.BooleanField(default=False)
    graded = models.BooleanField(default=False)  # pairs: much better / slightly better / equal
    points = models.PositiveSmallIntegerField(default=5)  # ratings: 5 or 7
    pages = models.CharField(max_length=10, choices=Pages, default=Pages.ONE)  # several criteria
    size = models.PositiveSmallIntegerField(default=4)  # best-of-N and ranking: pictures per question
    pick = models.CharField(max_length=16, choices=Pick, default=Pick.BEST)
    # Failure review: [{"key": "anatomy", "label": "Anatomy, hands", "hint": "…"}, …] in the order shown.
    taxonomy = models.JSONField(default=list, blank=True)
    allow_marks = models.BooleanField(default=False)  # point marks on the picture
    allow_note = models.BooleanField(default=False)
    # After an answer: {"chips": [{"key", "label"}], "text": bool, "required_for": [answer, …]}; {}: nothing.
    reasons = models.JSONField(default=dict, blank=True)

    design = models.CharField(max_length=12, choices=Design, default=Design.ROUND_ROBIN)
    # NULL: as many as the design yields. Balanced, random and adaptive designs need a number.
    comparisons_per_prompt = models.PositiveIntegerField(null=True, blank=True)
    baseline = models.CharField(max_length=200, blank=True, default="")  # name of a generator
    samples_per_generator = models.PositiveIntegerField(default=50)  # failure review, stratified by category
    # At most so many comparisons: {"category": 40 or {"animals": 40, …}, "pair": 12}; {}: no limit.
    quotas = models.JSONField(default=dict, blank=True)
    # {"de": {"question": "…", "criteria": {"fidelity": {"label": …, "question": …, "anchors": […]}}, …}}
    translations = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["study_id", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["study", "key"], name="block_key_once_per_study"),
            models.CheckConstraint(condition=Q(points__in=[5, 7]), name="block_points_5_or_7"),
            models.CheckConstraint(condition=Q(size__gte=3, size__lte=9), name="block_size_3_to_9"),
        ]

    def __str__(self) -> str:
        return self.title or self.get_protocol_display()


class Criterion(models.Model):
    """What an answer is about: overall, fidelity, alignment, aesthetics …; each gets an answer of its own."""

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=40)
    label = models.CharField(max_length=80)
    question = models.CharField(max_length=300, blank=True, default="")
    anchors = models.JSONField(default=list, blank=True)  # ratings: one text per point, lowest first
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["block", "key"], name="criterion_key_once_per_block")]

    def __str__(self) -> str:
        return self.label


class GoldUse(models.TextChoices):
    CHECK = "check", "Attention check"
    PRACTICE = "practice", "Practice, with feedback"
    QUIZ = "quiz", "Qualification quiz"


class Gold(PublicIdModel):
    """A known answer that a designer or expert panel has given; launch makes a comparison of it."""

    block = models.ForeignKey(Block, on_delete=models.CASCADE, related_name="golds")
    use = models.CharField(max_length=10, choices=GoldUse, default=GoldUse.CHECK)
    images = models.JSONField(default=list)  # public ids of images of one prompt, in canonical order
    # In canonical terms, as Comparison.expected: {"slot": 0}, {"ratings": {"fidelity": [1, 2]}}, …
    expected = models.JSONField()
    explanation = models.CharField(max_length=500, blank=True, default="")  # shown as feedback in practice
    source = models.CharField(max_length=200, blank=True, default="")  # who says so
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.public_id
