"""What a worker process keeps: loaded extractors and the feature cache. Nothing here is touched before the
first task: a child forked from a process that has run torch hangs."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image as Pillow

from annotations.actions import storage
from scoring import conf
from scoring.metrics.decode import Picture, decode
from scoring.metrics.extractors import Extractor, Features
from scoring.metrics.features import FeatureCache, text_content
from scoring.metrics.weights import Unavailable

logger = logging.getLogger(__name__)
_loaded: dict[str, Extractor] = {}
_lock = threading.Lock()  # a worker with a pool of threads still loads each model once


@dataclass(frozen=True)
class StoredFile:
    """What a picture's row tells: its content and where the file lies."""

    sha256: str
    path: str


@dataclass
class FeatureResult:
    """Features of those pictures that could be read, by index, and the errors of those that could not."""

    rows: dict[int, Features] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)


def threads() -> int:
    """Threads per worker process: the machine's cores shared among the pool."""
    configured = os.environ.get("TORCH_THREADS")
    return max(1, int(configured)) if configured else max(1, int(os.environ.get("ARENA_POOL_THREADS", "1")))


def read_picture(file: StoredFile) -> Picture:
    from django.conf import settings

    return decode(storage.absolute(file.path), max_pixels=settings.IMAGE_MAX_PIXELS)


def extractor(role: str) -> Extractor | Unavailable:
    """The loaded extractor; loads torch and the weights on first use in this process."""
    spec = conf.extractors()[role]
    located = spec.locate()
    if isinstance(located, Unavailable):
        return located
    # The checksum is part of the name, so that replaced weights are loaded anew.
    name = f"{spec.name} {located.sha256}"
    with _lock:
        if name not in _loaded:
            import torch

            torch.set_num_threads(threads())
            logger.info("loading %s", spec.name)
            _loaded[name] = spec.load(located, conf.precision(), conf.device())
        return _loaded[name]


def picture_features(
    network: Extractor, files: Sequence[StoredFile], *, still_ours: Callable[[], None]
) -> FeatureResult:
    """Features of pictures, from the cache where they are known. One unreadable picture does not spoil the
    rest.

    `still_ours` is called before each forward batch and may raise to stop the work.
    """
    cache, result = conf.feature_cache(), FeatureResult()
    wanted: dict[str, list[int]] = {}
    for index, file in enumerate(files):
        known = cache.get(network.key, file.sha256)
        if known is None:
            wanted.setdefault(file.sha256, []).append(index)
        else:
            result.rows[index] = known
    contents = list(wanted)
    for start in range(0, len(contents), conf.FORWARD_BATCH):
        still_ours()
        _compute(
            network,
            files,
            {c: wanted[c] for c in contents[start : start + conf.FORWARD_BATCH]},
            cache,
            result,
        )
    return result


def _compute(
    network: Extractor,
    files: Sequence[StoredFile],
    wanted: Mapping[str, list[int]],
    cache: FeatureCache,
    result: FeatureResult,
) -> None:
    read: list[str] = []

    def pictures() -> Iterator[Pillow.Image]:
        # One at a time: sixteen pictures of fifty megapixels at once would be two gigabytes.
        for content, indices in wanted.items():
            try:
                image = read_picture(files[indices[0]]).image
            except Exception as error:  # whatever is wrong with one file concerns that file alone
                result.errors |= dict.fromkeys(indices, words(error))
                continue
            read.append(content)
            yield image

    found = network.images(pictures())
    for content, row in zip(read, found, strict=True):
        cache.put(network.key, content, row)
        result.rows |= dict.fromkeys(wanted[content], row)


def text_features(network: Extractor, texts: Sequence[str]) -> Features:
    """Features of prompts; a prompt meets each extractor once."""
    return conf.feature_cache().fill(
        network.key,
        [text_content(text) for text in texts],
        lambda indices: network.texts([texts[i] for i in indices]),
        batch=64,
    )


def stacked(rows: Mapping[int, Features], order: Sequence[int]) -> Features:
    return np.stack([rows[index] for index in order])


def words(error: Exception) -> str:
    """An error as one line for a page: type and message, without folders of this machine."""
    text = str(error).replace(str(conf.media_root()), "MEDIA_ROOT").strip() or "no message"
    return f"{type(error).__name__}: {text}"[:500]
