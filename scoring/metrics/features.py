"""Features kept on disk, so that a picture meets each extractor once."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from scoring.metrics.extractors import Features
from scoring.metrics.files import replace_file


class FeatureCache:
    """Feature vectors by content and extractor, one small `.npy` file each.

    The key joins the content's SHA-256 with `Extractor.key` (name, version, weights, precision), so that
    nothing has to be invalidated: other content or other weights are other files. A damaged file counts as
    absent.

    Parameters
    ----------
    root : Path
        Folder of the cache; made when something is first stored.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, extractor_key: str, content: str) -> Path:
        """Where the features of content (hex SHA-256) lie."""
        return self._root / extractor_key / content[:2] / f"{content}.npy"

    def get(self, extractor_key: str, content: str) -> Features | None:
        """The stored vector of shape (d,), or None."""
        try:
            with self.path(extractor_key, content).open("rb") as handle:
                found = np.load(handle, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return np.asarray(found, dtype=np.float32) if found.ndim == 1 and np.isfinite(found).all() else None

    def put(self, extractor_key: str, content: str, features: Features) -> None:
        """Store a vector of shape (d,); two workers that store the same do no harm."""
        replace_file(
            self.path(extractor_key, content),
            lambda handle: np.save(handle, np.asarray(features, np.float32)),
        )

    def fill(
        self,
        extractor_key: str,
        contents: Sequence[str],
        compute: Callable[[list[int]], Features],
        *,
        batch: int = 32,
    ) -> Features:
        """Features of all contents in order, computing those that are absent.

        Parameters
        ----------
        extractor_key : str
        contents : sequence of str
            Hex SHA-256 of each content; repeats are computed once.
        compute : callable
            Indices into `contents` to features of shape (len(indices), d).
        batch : int
            Indices per call of `compute`.

        Returns
        -------
        numpy.ndarray
            Shape (len(contents), d), float32; (0, 0) for no contents.
        """
        known: dict[str, Features] = {}
        wanted: dict[str, int] = {}
        for index, content in enumerate(contents):
            if content in known or content in wanted:
                continue
            found = self.get(extractor_key, content)
            if found is None:
                wanted[content] = index
            else:
                known[content] = found
        absent = list(wanted.values())
        for start in range(0, len(absent), batch):
            indices = absent[start : start + batch]
            for index, row in zip(indices, compute(indices), strict=True):
                self.put(extractor_key, contents[index], row)
                known[contents[index]] = row
        if not contents:
            return np.empty((0, 0), dtype=np.float32)
        return np.stack([known[content] for content in contents])


def text_content(text: str) -> str:
    """The content key of a text: texts and pictures share one cache, so the kinds are told apart."""
    return hashlib.sha256(b"text\0" + text.encode()).hexdigest()
