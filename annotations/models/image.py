from django.conf import settings
from django.db import models
from django.db.models import Q

from annotations.models.base import PublicIdModel, new_token
from annotations.models.study import Encoding, Study


class Generator(PublicIdModel):
    """The model under test. Shared between studies, so that rankings can meet. Hidden from raters."""

    name = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Prompt(PublicIdModel):
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="prompts")
    key = models.CharField(max_length=200)  # prompt_id of the manifest
    text = models.TextField()
    category = models.CharField(max_length=100, default="uncategorised")
    source = models.CharField(max_length=200, blank=True, default="")
    niche = models.CharField(max_length=100, blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["study", "key"], name="prompt_key_once_per_study")]
        indexes = [models.Index(fields=["study", "category"])]

    def __str__(self) -> str:
        return self.key


class StoredPicture(models.Model):
    """Columns of a file kept under MEDIA_ROOT, addressed by its content."""

    sha256 = models.CharField(max_length=64, db_index=True)
    path = models.CharField(max_length=200)  # relative to MEDIA_ROOT
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField()

    class Meta:
        abstract = True


class Image(PublicIdModel, StoredPicture):
    """One generator's output for one prompt (and seed), kept exactly as it came."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="images")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="images")
    generator = models.ForeignKey(Generator, on_delete=models.PROTECT, related_name="images")
    seed = models.CharField(max_length=40, blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["prompt", "generator", "seed"], name="image_once_per_prompt_generator_seed"
            )
        ]
        indexes = [models.Index(fields=["study", "generator"])]

    def __str__(self) -> str:
        return self.public_id


class ReferenceImage(PublicIdModel, StoredPicture):
    """What a prompt's picture ought to look like; column `reference` of the manifest."""

    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="references")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["prompt", "sha256"], name="reference_once_per_prompt")]

    def __str__(self) -> str:
        return self.public_id


class RenditionKind(models.TextChoices):
    PLAIN = "plain", "Plain"
    DEGRADED = "degraded", "Degraded copy"
    INSTRUCTED = "instructed", "Instructed response"
    REFERENCE = "reference", "Reference image"


class Rendition(models.Model):
    """The blinded picture that raters receive: one box, one encoding, no metadata, a random key, padded
    to the length of the longest of its prompt."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="renditions")
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="renditions")
    image = models.ForeignKey(Image, null=True, on_delete=models.CASCADE, related_name="renditions")
    reference = models.ForeignKey(
        ReferenceImage, null=True, on_delete=models.CASCADE, related_name="renditions"
    )
    kind = models.CharField(max_length=12, choices=RenditionKind, default=RenditionKind.PLAIN)
    instruction = models.CharField(
        max_length=60, blank=True, default=""
    )  # the answer an instructed picture asks for
    words = models.JSONField(default=list, blank=True)  # the lines drawn into it
    key = models.CharField(max_length=32, unique=True, default=new_token)
    path = models.CharField(max_length=200, blank=True, default="")  # empty until rendered
    encoding = models.CharField(max_length=16, choices=Encoding, default=Encoding.NEAR_LOSSLESS)
    box_px = models.PositiveIntegerField()
    bytes = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["study"], condition=Q(path=""), name="rendition_unrendered")]
        constraints = [
            models.UniqueConstraint(
                fields=["image"], condition=Q(kind="plain"), name="one_plain_rendition_per_image"
            ),
            models.CheckConstraint(
                condition=Q(kind="instructed") | Q(image__isnull=False) | Q(reference__isnull=False),
                name="rendition_has_image",
            ),
            models.UniqueConstraint(
                fields=["reference"], condition=Q(kind="reference"), name="one_rendition_per_reference"
            ),
            models.CheckConstraint(
                condition=Q(kind="reference", reference__isnull=False)
                | ~Q(kind="reference") & Q(reference__isnull=True),
                name="rendition_reference_only_of_references",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class ImportState(models.TextChoices):
    UPLOADED = "uploaded", "To be looked at"
    QUEUED = "queued", "Waiting for a worker"
    CHECKING = "checking", "Checking"
    STORING = "storing", "Storing"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ImportJob(PublicIdModel):
    """One upload on its way in; its counts feed the progress bar.

    Images go into a study that is there. Votes made elsewhere make one when they are stored: until then
    `study` is empty. `reading` says how their file is read (kind, name, columns …), and is empty for images.
    """

    study = models.ForeignKey(Study, null=True, on_delete=models.CASCADE, related_name="imports")
    reading = models.JSONField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=12, choices=ImportState, default=ImportState.QUEUED)
    manifest_name = models.CharField(max_length=200, blank=True, default="")
    workspace = models.CharField(max_length=200, blank=True, default="")  # folder under VAR_DIR/imports
    total = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    stored = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list)  # up to 100 of {row, column, reason, mend}
    problem_count = models.PositiveIntegerField(default=0)
    warnings = models.JSONField(default=list)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(study__isnull=False) | models.Q(reading__isnull=False),
                name="import_into_a_study_or_of_votes",
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def holds_votes(self) -> bool:
        return self.reading is not None
