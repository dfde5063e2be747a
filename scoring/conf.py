"""Scoring's view of the settings: which extractors this installation has, where features lie, how work is
cut."""

import os
from functools import cache
from pathlib import Path

from django.conf import settings

from scoring.metrics.extractors import ExtractorSpec, Precision, available_extractors
from scoring.metrics.features import FeatureCache

# Rows per claim. Small enough that a batch ends well within the lease, large enough that claiming costs
# nothing.
PICTURE_BATCH = 240
FEATURE_BATCH = 64
FORWARD_BATCH = 16
MAX_ATTEMPTS = 3
# A claim is renewed while its work goes on; one that is older belongs to a worker that died far away.
LEASE_S = 180
RETRY_AFTER_S = 5


@cache
def extractors() -> dict[str, ExtractorSpec]:
    return available_extractors(
        settings.OPENCLIP_MODEL,
        settings.OPENCLIP_PRETRAINED,
        pinned_sha256=settings.OPENCLIP_SHA256,
        has_gpu=has_gpu(),
    )


def has_gpu() -> bool:
    """Asked without torch, since web processes ask too."""
    return os.path.exists("/dev/nvidia0") and os.environ.get("CUDA_VISIBLE_DEVICES", "0") not in ("", "-1")


def device() -> str:
    return "cuda" if has_gpu() else "cpu"


def precision() -> Precision:
    """`auto` measures once per process; set it where scores of several machines are to agree in every
    digit."""
    chosen = settings.OPENCLIP_PRECISION
    return chosen if chosen in ("fp32", "bf16") else "auto"


def media_root() -> Path:
    return Path(settings.MEDIA_ROOT).resolve()


def feature_cache() -> FeatureCache:
    return FeatureCache(Path(settings.FEATURE_CACHE))
