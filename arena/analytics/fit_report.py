"""How far the fitted numbers can be trusted as numbers: convergence, separation, weak links, in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from .data import LEFT, RIGHT, PairwiseData
from .davidson import DavidsonFit

# Beyond these an estimate rests on next to nothing: a win rate of 99.3 %, a factor of 20 in odds.
_FAR = 5.0
_WIDE = 3.0
_CONDITION = 1e8


@dataclass(frozen=True)
class FitReport:
    """What happened during the fit.

    Attributes
    ----------
    converged : bool
    iterations : int
    max_gradient : float
        Per vote; 0 at a maximum.
    condition : float
        Ratio of the largest to the smallest information in any direction that the votes tell about; large
        values mean that some difference is hardly determined.
    finite_maximum : bool
    far, wide : tuple of str
        Generators more than 5 logits from the median of their scale, or with a standard error above 3 logits.
    one_sided : tuple of (str, str, int)
        Pairs with 10 votes or more all won by the first.
    words : tuple of str
        Sentences fit for a page; empty when there is nothing to report.
    """

    converged: bool
    iterations: int
    max_gradient: float
    condition: float
    finite_maximum: bool
    far: tuple[str, ...]
    wide: tuple[str, ...]
    one_sided: tuple[tuple[str, str, int], ...]
    words: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        return pd.DataFrame([asdict(self)])


def fit_report(data: PairwiseData, fitted: DavidsonFit) -> FitReport:
    """Report on the fit of ``data``, in words where something is wrong."""
    K = len(fitted.generators)
    values = np.linalg.eigvalsh(fitted.covariance[:K, :K])
    values = values[values > values.max(initial=0.0) * 1e-14] if values.size else values
    condition = float(values.max() / values.min()) if values.size else float("inf")
    se = np.sqrt(np.maximum(np.diag(fitted.covariance)[:K], 0))
    names = np.array(fitted.generators, dtype=object)
    known = fitted.block >= 0
    centre = np.zeros(K)
    for block in np.unique(fitted.block[known]):
        centre[fitted.block == block] = np.median(fitted.theta[fitted.block == block])
    far = tuple(names[known & (np.abs(np.nan_to_num(fitted.theta - centre)) > _FAR)])
    wide = tuple(names[known & (se > _WIDE)])
    one_sided = _one_sided(data)
    words = list(fitted.diagnosis.words)
    if not fitted.converged:
        words.append(
            f"The fit did not settle within {fitted.iterations} steps: its numbers are not to be used."
        )
    if condition > _CONDITION:
        words.append("Some difference between generators is hardly determined by these votes.")
    if far:
        words.append(f"{', '.join(far)}: so far from the others that the distance rests on very few votes.")
    if wide:
        words.append(f"{', '.join(wide)}: the standard error exceeds {_WIDE:g} logits; collect more votes.")
    return FitReport(
        converged=fitted.converged,
        iterations=fitted.iterations,
        max_gradient=fitted.max_gradient,
        condition=condition,
        finite_maximum=fitted.finite_maximum,
        far=far,
        wide=wide,
        one_sided=one_sided,
        words=tuple(words),
    )


def _one_sided(data: PairwiseData) -> tuple[tuple[str, str, int], ...]:
    c, K = data.cells, data.n_generators
    won, undecided = np.zeros((K, K)), np.zeros((K, K))
    np.add.at(won, (c.left, c.right), c.counts[:, LEFT])
    np.add.at(won, (c.right, c.left), c.counts[:, RIGHT])
    np.add.at(undecided, (c.left, c.right), c.ties)
    whole = (won >= 10) & (won.T == 0) & (undecided + undecided.T == 0)
    names = data.generators
    return tuple((names[i], names[j], int(won[i, j])) for i, j in np.argwhere(whole))
