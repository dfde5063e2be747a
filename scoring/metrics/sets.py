"""What every distribution metric answers: a value with its n, interval, method and warnings."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from scoring.metrics.gaussian import Array

MIN_FOR_INTERVAL = 20


@dataclass(frozen=True)
class SetResult:
    """A distribution metric's answer.

    Attributes
    ----------
    value : float
        The metric on all pictures.
    n, n_reference : int
        Pictures of the generator and of the reference set.
    low, high : float or None
        95 % interval; None where there is none, and `method` says why.
    method : str
        How the interval was made, in words.
    warnings : tuple of str
        What stands against trusting the value, in words.
    """

    value: float
    n: int
    n_reference: int
    low: float | None
    high: float | None
    method: str
    warnings: tuple[str, ...] = ()


def half_sample_interval(
    rows: Array,
    measure: Callable[[Array], float],
    *,
    value: float,
    draws: int,
    seed: int,
    lowest: float | None = None,
) -> tuple[float | None, float | None, str]:
    """95 % interval by the delete-half jackknife.

    A statistic on a random half drawn without replacement varies around its mean with the variance that the
    statistic on all n has around the truth, (1/m − 1/n)σ² = σ²/n at m = n/2. Hence value ± t·sd(halves).

    Parameters
    ----------
    rows : numpy.ndarray
        Shape (n, d); halves of its rows are drawn.
    measure : callable
        Features of a half to the statistic.
    value : float
        The statistic on all rows; centre of the interval.
    draws : int
        Halves drawn, at least 2.
    seed : int
        Of the draws.
    lowest : float, optional
        The statistic cannot be lower; the interval ends there.

    Returns
    -------
    (float or None, float or None, str)
        Low, high and the method in words; (None, None, reason) with fewer than 20 rows.
    """
    if len(rows) < MIN_FOR_INTERVAL:
        return None, None, f"no interval: {len(rows)} pictures, fewer than {MIN_FOR_INTERVAL}"
    rng = np.random.default_rng(seed)
    half = len(rows) // 2
    halves = [measure(rows[rng.choice(len(rows), half, replace=False)]) for _ in range(draws)]
    # At m = ⌊n/2⌋ the halves vary by (1/m − 1/n)σ²; brought to σ²/n exactly for odd n as well.
    spread = float(np.std(halves, ddof=1)) * float(np.sqrt(half / (len(rows) - half)))
    reach = float(stdtrit(draws - 1, 0.975)) * spread
    low = value - reach
    if lowest is not None:
        low = max(low, min(lowest, value))
    method = (
        f"95 % delete-half jackknife over the generator's pictures, {draws} draws, seed {seed}, "
        "reference set taken as given"
    )
    return low, value + reach, method


def small_sample_warnings(n: int, n_reference: int, *, reliable: int) -> tuple[str, ...]:
    """Warnings for sets below the size from which the metric is reliable."""
    found = []
    for size, name in ((n, "The generator has"), (n_reference, "The reference set has")):
        if size < reliable:
            found.append(
                f"{name} {size:,} pictures, under the {reliable:,} from which this metric is reliable: "
                "the value is biased upwards and comparable only at equal n."
            )
    return tuple(found)
