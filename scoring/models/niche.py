"""What a composite is made of. A version is never edited: a change is a new version, so that a composite
shown somewhere can be made again from its name, version and checksum."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models import Study
from annotations.models.base import PublicIdModel
from scoring.models.reference import ReferenceSet
from scoring.models.score import Metric


class Niche(PublicIdModel):
    """A category of work, with its own weights, limits and reference set."""

    # What a manifest's column `niche` names.
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    reference_set = models.ForeignKey(ReferenceSet, null=True, blank=True, on_delete=models.SET_NULL)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~Q(slug=""), name="niche_has_slug"),
            models.CheckConstraint(condition=~Q(name=""), name="niche_has_name"),
        ]

    def __str__(self) -> str:
        return self.name


class NicheVersion(PublicIdModel):
    """Weights and limits, and the population whose scores say what counts as high. Calibration is filled in
    once, when the population is scored; from then on the version has a checksum and stays as it is."""

    niche = models.ForeignKey(Niche, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True, default="")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    of_all = models.BooleanField(default=False)  # all scored images of this installation, or one study's
    population = models.ForeignKey(Study, null=True, on_delete=models.SET_NULL, related_name="+")
    population_name = models.CharField(max_length=240)
    calibrated_at = models.DateTimeField(null=True)
    checksum = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["niche", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["niche", "number"], name="niche_version_once"),
            models.CheckConstraint(
                condition=Q(calibrated_at__isnull=True, checksum="")
                | (Q(calibrated_at__isnull=False) & ~Q(checksum="")),
                name="niche_version_calibrated_has_checksum",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.niche.name}, version {self.number}"


class NicheTerm(models.Model):
    """One metric in a version: how much it weighs, and beyond which raw value it bars an image."""

    version = models.ForeignKey(NicheVersion, on_delete=models.CASCADE, related_name="terms")
    metric = models.ForeignKey(Metric, on_delete=models.PROTECT, related_name="niche_terms")
    higher_is_better = models.BooleanField()
    # Decimal, so that weights sum to 1 exactly; 0 for a metric that only bars.
    weight = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    limit = models.FloatField(null=True)  # the worst raw value that passes; null bars nothing
    # Ascending raw scores at evenly spread ranks of the population, and how many scores they stand for.
    grid = models.JSONField(null=True)
    grid_n = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-weight", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "metric"], name="niche_term_once_per_metric"),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="niche_weight_from_0_to_1"
            ),
            models.CheckConstraint(
                condition=Q(weight__gt=0) | Q(limit__isnull=False), name="niche_term_weighs_or_bars"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric.name} {self.weight}"


class StudyNiche(models.Model):
    """Which version's composite stands beside a study's points. It touches no vote, so it may change after
    launch; the study's audit record keeps each change."""

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="niche")
    version = models.ForeignKey(NicheVersion, on_delete=models.PROTECT, related_name="studies")
    attached_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.version} for {self.study}"
