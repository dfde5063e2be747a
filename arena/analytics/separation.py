"""Does the likelihood have a finite maximum? An exact answer by recession directions.

A direction δ = (Δθ, Δγ, Δη) along which no observed outcome ever becomes less likely, and at least one
becomes more likely, sends the maximum to infinity (Albert & Anderson 1984, Biometrika 71, 1-10). For the
Davidson model, with Δd = Δθ_left − Δθ_right + Δγ, an observed

    left win  asks  Δd ≥ 0  and  Δd/2 ≥ Δη,
    right win asks  Δd ≤ 0  and −Δd/2 ≥ Δη,
    tie       asks  Δη ≥ |Δd|/2.

So a tie alone does not tie two generators together: with only wins of A and ties, ν and θ_A may run away
together. Ties count as links both ways only once some pair has been won by both sides (Δη = 0). With ties
as half wins, a tie asks Δd = 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import breadth_first_order, connected_components

from .arrays import BoolArray, FloatArray, IntArray
from .likelihood import PairCounts

_TOLERANCE = 1e-7


def recession_direction(
    pairs: PairCounts, ties: FloatArray, *, position: bool, half_win: bool
) -> FloatArray | None:
    """A direction to infinity, shape (K + 2,), or ``None`` when the maximum is finite.

    Parameters
    ----------
    pairs : PairCounts
        Counts with wins proper in ``wins_left``/``wins_right`` (ties not spread).
    ties : float array, shape (P,)
        Ties per pair.
    position, half_win : bool
        Whether γ is in the model; whether ties are half wins (then η is not in the model).

    Notes
    -----
    A cheap sufficient check comes first; only if it fails, a sparse linear programme decides.
    """
    left, right, tie = pairs.wins_left > 0, pairs.wins_right > 0, ties > 0
    with_eta = bool(tie.any()) and not half_win
    fixed = left & right
    if half_win or fixed.any():
        fixed = fixed | tie
        if _pinned(pairs, fixed, left | right | tie, position=position):
            return None
    rows = _constraints(pairs, left, right, tie, with_eta=with_eta, half_win=half_win)
    K = pairs.n_generators
    bounds = [(-1.0, 1.0)] * K
    bounds += [(-1.0, 1.0) if position else (0.0, 0.0), (-1.0, 1.0) if with_eta else (0.0, 0.0)]
    gain = np.asarray(rows.sum(axis=0)).ravel()
    constraints: Any = -rows  # sparse input is supported, though the stubs of scipy do not say so
    found = linprog(-gain, A_ub=constraints, b_ub=np.zeros(rows.shape[0]), bounds=bounds)
    direction = np.asarray(found.x, dtype=np.float64)
    return direction if found.status == 0 and float(gain @ direction) > _TOLERANCE else None


def position_identified(left: IntArray, right: IntArray, n_generators: int) -> bool:
    """Whether γ can be told from the strengths: no potential φ has φ_left − φ_right = 1 on every pair.

    Each generator always on the same side, for example, leaves position and strength inseparable.
    """
    phi = _potential(left, right, n_generators)
    return bool(np.any(np.abs(phi[left] - phi[right] - 1) > 1e-9))


def _pinned(pairs: PairCounts, fixed: BoolArray, used: BoolArray, *, position: bool) -> bool:
    """True when pairs with Δd = 0 already force Δθ constant on components and Δγ = 0."""
    K = pairs.n_generators
    whole = _components(pairs.left[used], pairs.right[used], K)
    part = _components(pairs.left[fixed], pairs.right[fixed], K)
    if whole != part:
        return False
    return not position or position_identified(pairs.left[fixed], pairs.right[fixed], K)


def _components(left: IntArray, right: IntArray, K: int) -> int:
    graph = coo_matrix((np.ones(left.size), (left, right)), shape=(K, K))
    return int(connected_components(graph, directed=False)[0])


def _potential(left: IntArray, right: IntArray, K: int) -> FloatArray:
    """φ with φ_left − φ_right = 1 along a spanning forest of the pairs."""
    graph = csr_matrix((np.ones(left.size), (left, right)), shape=(K, K))
    forward = set(zip(left.tolist(), right.tolist(), strict=True))
    phi = np.zeros(K)
    reached = np.zeros(K, dtype=np.bool_)
    for root in range(K):
        if reached[root]:
            continue
        order, parent = breadth_first_order(graph, root, directed=False)
        reached[order] = True
        for node in order[1:]:
            up = int(parent[node])
            phi[node] = phi[up] + (1.0 if (int(node), up) in forward else -1.0)
    return phi


def _constraints(
    pairs: PairCounts, left: BoolArray, right: BoolArray, tie: BoolArray, *, with_eta: bool, half_win: bool
) -> csr_matrix:
    """Rows a with a·δ ≥ 0, one per observed outcome and bound."""
    blocks: list[tuple[BoolArray, float, float]] = [(left, 1.0, 0.0), (right, -1.0, 0.0)]
    if half_win:
        blocks += [(tie, 1.0, 0.0), (tie, -1.0, 0.0)]
    elif with_eta:
        blocks += [(left, 0.5, -1.0), (right, -0.5, -1.0), (tie, 0.5, 1.0), (tie, -0.5, 1.0)]
    K = pairs.n_generators
    rows, columns, values = [], [], []
    start = 0
    for mask, on_d, on_eta in blocks:
        index = np.flatnonzero(mask)
        r = np.arange(index.size) + start
        start += index.size
        for column, value in (
            (pairs.left[index], on_d),
            (pairs.right[index], -on_d),
            (np.full(index.size, K), on_d),
            (np.full(index.size, K + 1), on_eta),
        ):
            rows.append(r)
            columns.append(column)
            values.append(np.full(index.size, value))
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return csr_matrix(entries, shape=(start, K + 2))
