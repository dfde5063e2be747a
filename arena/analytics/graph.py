"""What the votes can tell before anything is fitted: connection, separation, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from .arrays import BoolArray, IntArray
from .data import LEFT, RIGHT, PairwiseData
from .likelihood import PairCounts
from .separation import position_identified, recession_direction

Obstacle = Literal["none", "groups", "all_ties", "position", "ties", "both"]


@dataclass(frozen=True, eq=False)
class GraphDiagnosis:
    """What can be estimated from a set of votes, and why the rest cannot.

    Attributes
    ----------
    generators : tuple of str
    connected : bool
        Every generator can be reached from every other through comparisons.
    components : tuple of tuple of str
        Connected parts of the comparison graph, largest first. Strengths compare within a part only.
    groups : tuple of tuple of str
        Strongly connected parts of the win graph (a tie links both ways), strongest first within a
        component. Between two groups every vote went one way, so their distance has no finite estimate.
    winless, undefeated : tuple of str
        Compared, but never won (lost) nor tied.
    finite_maximum : bool
        The likelihood has one finite maximum (up to a constant per component).
    obstacle : str
        ``none``; ``groups`` (separated groups); ``all_ties`` (no decided vote); ``position`` (finite only
        without a position effect); ``ties`` (finite only with ties as half wins); ``both``.
    position_identified : bool
        The position effect can be told from the strengths.
    component_of, group_of : int array, shape (K,)
        Index into ``components`` and ``groups``.
    words : tuple of str
        Sentences fit for a page; empty when all is well.
    """

    generators: tuple[str, ...]
    connected: bool
    components: tuple[tuple[str, ...], ...]
    groups: tuple[tuple[str, ...], ...]
    winless: tuple[str, ...]
    undefeated: tuple[str, ...]
    finite_maximum: bool
    obstacle: Obstacle
    position_identified: bool
    component_of: IntArray
    group_of: IntArray
    words: tuple[str, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row per generator: its component, group, and whether it is winless or undefeated."""
        return pd.DataFrame(
            {
                "generator": list(self.generators),
                "component": self.component_of,
                "group": self.group_of,
                "winless": [g in self.winless for g in self.generators],
                "undefeated": [g in self.undefeated for g in self.generators],
            }
        )


def diagnose(
    data: PairwiseData, *, position: bool = True, ties: Literal["davidson", "half"] = "davidson"
) -> GraphDiagnosis:
    """Connection, strong connection and existence of a finite maximum.

    Parameters
    ----------
    data : PairwiseData
    position : bool
        Whether the model is to have a position effect.
    ties : {"davidson", "half"}
        How the model treats ties.

    Returns
    -------
    GraphDiagnosis

    Notes
    -----
    Bradley-Terry has a finite maximum if and only if the win graph is strongly connected (Ford 1957,
    Am. Math. Monthly 64, 28-33). Position effect and tie parameter add directions of their own to
    infinity; `separation.recession_direction` decides those exactly.
    """
    cells, K = data.cells, data.n_generators
    n_part, part = _parts(cells.left[cells.n > 0], cells.right[cells.n > 0], K, directed=False)
    left_won, right_won, tied = cells.counts[:, LEFT] > 0, cells.counts[:, RIGHT] > 0, cells.ties > 0
    winner = np.concatenate([cells.left[left_won | tied], cells.right[right_won | tied]])
    loser = np.concatenate([cells.right[left_won | tied], cells.left[right_won | tied]])
    component_of, group_of = parts_of(part, winner, loser, K)
    n_group = int(group_of.max()) + 1
    compared = np.bincount(np.concatenate([winner, loser]), minlength=K) > 0
    beats, beaten = np.bincount(winner, minlength=K) > 0, np.bincount(loser, minlength=K) > 0
    winless = _names(data, compared & ~beats)
    undefeated = _names(data, compared & ~beaten)
    inside = group_of[cells.left] == group_of[cells.right]
    obstacle = _obstacle(data, inside, position=position, half_win=ties == "half")
    if obstacle == "none" and n_group > n_part:
        obstacle = "groups"
    used = inside & (cells.n > 0)
    identified = position_identified(cells.left[used], cells.right[used], K)
    components, groups = _listing(data, component_of), _listing(data, group_of)
    return GraphDiagnosis(
        generators=data.generators,
        connected=n_part == 1,
        components=components,
        groups=groups,
        winless=winless,
        undefeated=undefeated,
        finite_maximum=obstacle == "none",
        obstacle=obstacle,
        position_identified=identified,
        component_of=component_of,
        group_of=group_of,
        words=_words(components, groups, winless, undefeated, obstacle, position and not identified),
    )


def parts_of(part: IntArray, winner: IntArray, loser: IntArray, K: int) -> tuple[IntArray, IntArray]:
    """Component and group of each generator: largest component first, within it strongest group first."""
    n_group, group = _parts(winner, loser, K, directed=True)
    component_of = _renumber(part, int(part.max()) + 1, np.bincount(part))
    return component_of, _order_groups(group, n_group, component_of, winner, loser)


def diagnose_edges(generators: tuple[str, ...], winner: IntArray, loser: IntArray) -> GraphDiagnosis:
    """As `diagnose`, from who was set above whom (choices, rankings), each of shape (n,).

    There is no position effect and no tie parameter here, so the only obstacle is ``groups``.
    """
    K = len(generators)
    n_part, part = _parts(winner, loser, K, directed=False)
    component_of, group_of = parts_of(part, winner, loser, K)
    above, below = np.bincount(winner, minlength=K) > 0, np.bincount(loser, minlength=K) > 0

    def names(mask: BoolArray) -> tuple[str, ...]:
        return tuple(generators[i] for i in np.flatnonzero(mask))

    components, groups = (
        tuple(names(label == value) for value in range(int(label.max()) + 1))
        for label in (component_of, group_of)
    )
    winless, undefeated = names(below & ~above), names(above & ~below)
    obstacle: Obstacle = "groups" if len(groups) > n_part else "none"
    return GraphDiagnosis(
        generators=generators,
        connected=n_part == 1,
        components=components,
        groups=groups,
        winless=winless,
        undefeated=undefeated,
        finite_maximum=obstacle == "none",
        obstacle=obstacle,
        position_identified=True,
        component_of=component_of,
        group_of=group_of,
        words=_words(components, groups, winless, undefeated, obstacle, False, firth=False),
    )


def _parts(a: IntArray, b: IntArray, K: int, *, directed: bool) -> tuple[int, IntArray]:
    graph = coo_matrix((np.ones(a.size), (a, b)), shape=(K, K))
    count, label = connected_components(graph, directed=directed, connection="strong")
    return int(count), np.asarray(label, dtype=np.int64)


def _renumber(label: IntArray, count: int, size: IntArray) -> IntArray:
    """Labels by falling size, then by first generator."""
    first = np.full(count, label.size)
    np.minimum.at(first, label, np.arange(label.size))
    order = np.lexsort((first, -size))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    return place[label]


def _order_groups(
    group: IntArray, count: int, component_of: IntArray, winner: IntArray, loser: IntArray
) -> IntArray:
    """Group labels ordered by component, then from strongest to weakest.

    Depth in the condensed win graph (longest chain of groups above) orders them; groups at equal depth
    keep the order of their first generator.
    """
    depth = np.zeros(count, dtype=np.int64)
    across = group[winner] != group[loser]
    edges = np.unique(np.stack([group[winner[across]], group[loser[across]]], axis=1), axis=0)
    for _ in range(count):
        deeper = depth.copy()
        np.maximum.at(deeper, edges[:, 1], depth[edges[:, 0]] + 1)
        if np.array_equal(deeper, depth):
            break
        depth = deeper
    first = np.full(count, group.size)
    np.minimum.at(first, group, np.arange(group.size))
    order = np.lexsort((first, depth, component_of[first]))
    place = np.empty(count, dtype=np.int64)
    place[order] = np.arange(count)
    return place[group]


def _obstacle(data: PairwiseData, inside: BoolArray, *, position: bool, half_win: bool) -> Obstacle:
    """Which part of the model, on votes within groups, has no finite estimate."""
    cells = data.cells
    counts = cells.counts
    if not counts[:, :2].any():
        return "all_ties"
    pairs = PairCounts.of(cells, data.n_generators, half_win=False).masked(inside.astype(np.float64))
    ties = cells.ties * inside

    def finite(with_position: bool, as_half: bool) -> bool:
        found = recession_direction(pairs, ties, position=with_position, half_win=as_half)
        return found is None

    if finite(position, half_win):
        return "none"
    if position and finite(False, half_win):
        return "position"
    if not half_win and finite(position, True):
        return "ties"
    return "both"


def _names(data: PairwiseData, mask: BoolArray) -> tuple[str, ...]:
    return tuple(data.generators[i] for i in np.flatnonzero(mask))


def _listing(data: PairwiseData, label: IntArray) -> tuple[tuple[str, ...], ...]:
    return tuple(_names(data, label == value) for value in range(int(label.max()) + 1))


def listed(names: tuple[str, ...], limit: int = 5) -> str:
    """Names joined for a sentence, cut after ``limit``."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def _words(
    components: tuple[tuple[str, ...], ...],
    groups: tuple[tuple[str, ...], ...],
    winless: tuple[str, ...],
    undefeated: tuple[str, ...],
    obstacle: Obstacle,
    confounded: bool,
    firth: bool = True,
) -> tuple[str, ...]:
    out: list[str] = []
    if len(components) > 1:
        parts = "; ".join(listed(c) for c in components[:4])
        out.append(
            f"The comparisons fall into {len(components)} unconnected parts ({parts}): "
            "generators of different parts were never compared, not even through others, so they are "
            "ranked within their part only."
        )
    if undefeated:
        out.append(f"Never lost nor tied, so no finite strength: {listed(undefeated)}.")
    if winless:
        out.append(f"Never won nor tied, so no finite strength: {listed(winless)}.")
    if len(groups) > len(components) and obstacle != "all_ties":
        out.append(
            f"All votes between {len(groups)} groups of generators went one way: the distance between "
            "groups has no finite estimate. Strengths are estimated within each group"
            + ("; a penalised (Firth) estimate puts all on one scale." if firth else ".")
        )
    if obstacle == "all_ties":
        out.append("Every vote is a tie: no generator is preferred, and strengths cannot be estimated.")
    if obstacle in ("position", "both"):
        out.append(
            "With a position effect in the model these votes have no finite estimate: sides and winners "
            "go together too closely. More votes with sides swapped cure this."
        )
    if obstacle in ("ties", "both"):
        out.append(
            "Wins and ties separate perfectly, so the tie parameter has no finite estimate; "
            "counting a tie as half a win each way has one."
        )
    if confounded:
        out.append(
            "Each generator keeps to its side, so the position effect cannot be told from strength; "
            "it is left out."
        )
    return tuple(out)
