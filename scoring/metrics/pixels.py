"""Pixel statistics: cheap, exact descriptions of one picture. They describe; none of them is a quality by
itself."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.metrics.decode import Picture

# One step inside the ends of the 8-bit range: resampling and JPEG rarely leave clipped areas at exactly 0
# or 255.
_BLACK = 1
_WHITE = 254


@dataclass(frozen=True)
class PixelStatistics:
    """What `pixel_statistics` finds.

    Attributes
    ----------
    sharpness : float
        Variance of the Laplacian of the luma, in squared grey levels (0 to 255 scale).
    clipped : float
        Share of pixels that are clipped, `shadows` + `highlights`, 0 to 1.
    shadows, highlights : float
        Share of pixels whose channels are all at most 1, or all at least 254.
    saturation : float
        Mean HSV saturation, 0 to 1.
    luminance : float
        Mean luma, 0 to 1.
    contrast : float
        Standard deviation of the luma (RMS contrast), 0 to 0.5.
    """

    sharpness: float
    clipped: float
    shadows: float
    highlights: float
    saturation: float
    luminance: float
    contrast: float


def pixel_statistics(picture: Picture) -> PixelStatistics:
    """Describe a picture by statistics of its pixels, at its own resolution.

    Parameters
    ----------
    picture : Picture

    Returns
    -------
    PixelStatistics

    Notes
    -----
    Sharpness depends on resolution: compare it between pictures of one size only.
    """
    rgb = np.asarray(picture.image)
    luma = picture.luma()
    lowest, highest = rgb.min(axis=2), rgb.max(axis=2)
    shadows = float(np.mean(highest <= _BLACK))
    highlights = float(np.mean(lowest >= _WHITE))
    top = highest.astype(np.float64)
    saturation = np.divide(top - lowest, top, out=np.zeros_like(top), where=highest > 0)
    return PixelStatistics(
        sharpness=laplacian_variance(luma),
        clipped=shadows + highlights,
        shadows=shadows,
        highlights=highlights,
        saturation=float(saturation.mean()),
        luminance=float(luma.mean()) / 255.0,
        contrast=float(luma.std()) / 255.0,
    )


def laplacian_variance(luma: npt.NDArray[np.float64]) -> float:
    """Variance of the 4-neighbour Laplacian over all interior pixels.

    L(y, x) = I(y−1, x) + I(y+1, x) + I(y, x−1) + I(y, x+1) − 4·I(y, x)

    Parameters
    ----------
    luma : numpy.ndarray
        Shape (height, width), grey levels 0 to 255.

    Returns
    -------
    float
        In squared grey levels; 0 for a picture under 3 pixels in width or height, which has no interior.

    References
    ----------
    Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
    """
    if min(luma.shape) < 3:
        return 0.0
    centre = luma[1:-1, 1:-1]
    laplacian = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4.0 * centre
    return float(laplacian.var())
