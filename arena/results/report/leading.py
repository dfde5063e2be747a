"""Who comes first, and how far the votes tell the first from the others, in one sentence."""

from collections.abc import Sequence

from arena.analytics.likert import OpinionScore
from arena.analytics.ranking_result import RankingResult
from arena.results.labels import estimate_words

FEW = 5


def leader_words(result: RankingResult) -> str:
    """Of a ranking in which somebody has a place."""
    first = [row.generator for row in result.rows if row.rank == 1]
    if len(first) > 1:
        return "No generator comes first overall: each of several parts has a first place of its own."
    rivals = [row.generator for row in result.rows if row.rank_low == 1 and row.rank != 1]
    if rivals:
        return f"{first[0]} comes first, but the votes do not tell it from {few(rivals)}."
    if all(row.rank_low is None for row in result.rows):
        return (
            f"{first[0]} comes first, but without intervals nobody can say whether votes tell it from the "
            "others."
        )
    apart = any(row.points is None for row in result.rows)
    return f"{first[0]} comes first, and the votes tell it from all others{' on its scale' if apart else ''}."


def highest_words(label: str, rows: Sequence[OpinionScore]) -> str:
    """Of the ratings on one criterion."""
    top = max(row.mean.value for row in rows)
    best = [row for row in rows if row.mean.value == top]
    if len(best) > 1:
        names = few([row.generator for row in best]).replace(" or ", " and ")
        return f"{label}: {names} share the highest mean, {estimate_words(best[0].mean)}."
    return f"{label}: {best[0].generator} has the highest mean, {estimate_words(best[0].mean)}."


def few(names: list[str], most: int = FEW) -> str:
    more = len(names) - most
    if more > 1:
        return f"{', '.join(names[:most])} or {more} others"
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
