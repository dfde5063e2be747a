"""CLIP score: how well a picture fits its prompt in the eyes of a CLIP model."""

from typing import Any

import numpy as np
import numpy.typing as npt

from scoring.metrics.errors import ShapeError
from scoring.metrics.gaussian import Array, as_features


def clip_scores(images: npt.NDArray[Any], texts: npt.NDArray[Any]) -> Array:
    """100 · cosine between picture and text features, row by row.

    100 · ⟨x, t⟩ / (‖x‖ ‖t‖)

    Not clamped at 0, unlike torchmetrics' 100·max(cos, 0): a negative cosine still orders pictures. Not
    scaled by 2.5 and not averaged with a reference, unlike Hessel et al. The scale depends on the model:
    values of different models must never be compared, nor thresholds carried over.

    Parameters
    ----------
    images, texts : numpy.ndarray
        Features of pictures and of their prompts, both of shape (n, d); need not be normalised.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64, −100 to 100.

    Raises
    ------
    ShapeError
        When shapes differ, values are not finite, or a row is zero.

    References
    ----------
    Radford et al., ICML 2021; Hessel et al., "CLIPScore", EMNLP 2021.
    """
    x, t = as_features(images), as_features(texts)
    if x.shape != t.shape:
        raise ShapeError(f"picture features {x.shape} and text features {t.shape} do not pair up")
    length = np.linalg.norm(x, axis=1) * np.linalg.norm(t, axis=1)
    if not length.all():
        raise ShapeError("a feature vector of zeros has no direction")
    return np.asarray(100.0 * np.einsum("nd,nd->n", x, t) / length)
