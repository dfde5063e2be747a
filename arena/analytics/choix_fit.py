"""The plain Bradley-Terry estimate by choix, with the same intervals as every other method.

choix's iterative Luce spectral ranking reaches the maximum of the likelihood by stationary distributions of
Markov chains: another road to the place where Newton on half-win counts arrives. Both are taken, and a
result on which they disagree is returned as not converged.

References
----------
Maystre & Grossglauser (2015), Fast and accurate inference of Plackett-Luce models, NeurIPS 28.
"""

from __future__ import annotations

from dataclasses import replace

import choix
import numpy as np

from .arrays import FloatArray
from .blas import one_thread
from .data import PairwiseData
from .davidson import DavidsonFit, fit

# What two converged routes may differ by, in logits.
_AGREEMENT = 1e-5


@one_thread()
def bradley_terry(data: PairwiseData, *, max_iter: int = 1000, tol: float = 1e-9) -> DavidsonFit:
    """Plain Bradley-Terry by `choix.ilsr_pairwise_dense`, each tie half a win either way.

    P(i beats j) = e^{θ_i} / (e^{θ_i} + e^{θ_j}); no position effect.

    Parameters
    ----------
    data : PairwiseData
    max_iter : int
        Iterations of choix, per block.
    tol : float
        L1 change of the strengths, per generator, at which choix stops.

    Returns
    -------
    DavidsonFit
        Strengths from choix in logits; covariance at the maximum for the clustered intervals.
    """
    newton = fit(data, position=False, ties="half")
    theta = newton.theta.copy()
    wins = win_counts(newton)
    converged = newton.converged
    for block in np.unique(newton.block[newton.block >= 0]):
        member = np.flatnonzero(newton.block == block)
        try:
            part = choix.ilsr_pairwise_dense(
                wins[np.ix_(member, member)], max_iter=max_iter, tol=tol * member.size
            )
        except RuntimeError:  # choix's word for "not converged"
            converged = False
            continue
        theta[member] = part - part.mean()
        gap = float(np.abs(theta[member] - newton.theta[member]).max())
        converged = converged and gap < _AGREEMENT
    return replace(newton, theta=theta, converged=converged)


def win_counts(fitted: DavidsonFit) -> FloatArray:
    """Wins of row over column, shape (K, K), from the counts of a half-win fit."""
    pairs, K = fitted.pairs, len(fitted.generators)
    forward = np.bincount(pairs.left * K + pairs.right, pairs.wins_left, K * K)
    backward = np.bincount(pairs.right * K + pairs.left, pairs.wins_right, K * K)
    total: FloatArray = (forward + backward).reshape(K, K).astype(np.float64)
    return total
