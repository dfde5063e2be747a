"""Hard filters: what disqualifies a picture before any network looks at it. Milliseconds each."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import imagehash
import numpy as np
import numpy.typing as npt

from scoring.metrics.decode import Picture
from scoring.metrics.errors import MetricError


@dataclass(frozen=True)
class FilterLimits:
    """Where the filters draw their lines.

    Attributes
    ----------
    min_px, max_px : int
        Shortest and longest side allowed, in pixels.
    max_aspect : float
        Longest side over shortest side.
    blank_contrast : float
        Standard deviation of the luma in grey levels (0 to 255) below which a picture is blank.
    duplicate_bits : int
        Hamming distance of two 64-bit perceptual hashes up to which pictures count as the same.
    """

    min_px: int = 64
    max_px: int = 8192
    max_aspect: float = 4.0
    blank_contrast: float = 1.0
    duplicate_bits: int = 4


@dataclass(frozen=True)
class Finding:
    """One filter that a picture did not pass: which, what was measured, where the line is, and both in
    words."""

    rule: str
    value: float | str
    limit: float | str
    text: str

    def as_dict(self) -> dict[str, float | str]:
        """The finding as plain data for storage."""
        return asdict(self)


def check_picture(picture: Picture, limits: FilterLimits | None = None) -> list[Finding]:
    """Apply the filters that need nothing but the picture: size, aspect, blank.

    Parameters
    ----------
    picture : Picture
    limits : FilterLimits, optional

    Returns
    -------
    list of Finding
        Empty when the picture passes.
    """
    limits = limits or FilterLimits()
    short, long = sorted((picture.width, picture.height))
    found = []
    if short < limits.min_px:
        found.append(
            Finding("too_small", short, limits.min_px, f"shortest side {short} px, under {limits.min_px} px")
        )
    if long > limits.max_px:
        found.append(
            Finding("too_large", long, limits.max_px, f"longest side {long} px, over {limits.max_px} px")
        )
    if long / short > limits.max_aspect:
        aspect = round(long / short, 3)
        found.append(
            Finding("aspect", aspect, limits.max_aspect, f"aspect {aspect:g}:1, over {limits.max_aspect:g}:1")
        )
    contrast = float(picture.luma().std())
    if contrast < limits.blank_contrast:
        text = f"blank: brightness varies by {contrast:.2f} of 255 grey levels"
        found.append(Finding("blank", round(contrast, 4), limits.blank_contrast, text))
    return found


def perceptual_hash(picture: Picture) -> str:
    """64-bit pHash: signs of the lowest 8 x 8 DCT coefficients of the 32 x 32 luma against their median.

    Returns
    -------
    str
        16 hexadecimal digits.

    References
    ----------
    Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010; computed by ImageHash.
    """
    return str(imagehash.phash(picture.image))


def hamming_distances(hashes: Sequence[str], others: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Number of differing bits between every two hashes.

    Parameters
    ----------
    hashes, others : sequence of str
        Perceptual hashes as `perceptual_hash` returns them.

    Returns
    -------
    numpy.ndarray
        Shape (len(hashes), len(others)), uint8, 0 to 64.

    Raises
    ------
    MetricError
        When a hash is not 16 hexadecimal digits.
    """
    return np.asarray(np.bitwise_count(_as_integers(hashes)[:, None] ^ _as_integers(others)[None, :]))


def near_duplicates(
    hashes: Sequence[str], others: Sequence[str], *, bits: int = FilterLimits.duplicate_bits
) -> list[tuple[int, int, int]]:
    """All pairs at most `bits` apart.

    Returns
    -------
    list of (int, int, int)
        Index in `hashes`, index in `others`, distance.
    """
    if not hashes or not others:
        return []
    distance = hamming_distances(hashes, others)
    return [(int(i), int(j), int(distance[i, j])) for i, j in np.argwhere(distance <= bits)]


def _as_integers(hashes: Sequence[str]) -> npt.NDArray[np.uint64]:
    for text in hashes:
        if len(text) != 16:
            raise MetricError(f"a perceptual hash has 16 hexadecimal digits, not {text!r}")
    try:
        return np.array([int(text, 16) for text in hashes], dtype=np.uint64)
    except ValueError as error:
        raise MetricError(f"a perceptual hash has hexadecimal digits only: {error}") from error
