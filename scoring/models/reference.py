from django.conf import settings
from django.db import models

from annotations.models.base import PublicIdModel
from annotations.models.image import StoredPicture


class ReferenceSet(PublicIdModel):
    """A set of pictures that distribution metrics compare against."""

    name = models.CharField(max_length=200, unique=True)
    description = models.TextField(blank=True, default="")
    content_hash = models.CharField(
        max_length=64, blank=True, default=""
    )  # over the sorted hashes of its pictures
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ReferenceSetPicture(StoredPicture):
    reference_set = models.ForeignKey(ReferenceSet, on_delete=models.CASCADE, related_name="pictures")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["reference_set", "sha256"], name="picture_once_per_reference_set")
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
