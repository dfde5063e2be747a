"""Listens to annotations: a stored image is queued for scoring."""

import logging
from typing import Any

from django.db import DatabaseError
from django.dispatch import receiver

from annotations.signals import images_stored
from scoring.actions import scores

logger = logging.getLogger(__name__)


@receiver(images_stored)
def queue_scores(image_ids: list[int], **_: Any) -> None:
    try:
        scores.request(image_ids=image_ids)
    except DatabaseError:
        # The images are committed and the import has succeeded; the sweep will find what is missing.
        logger.exception("could not queue %d images for scoring", len(image_ids))
