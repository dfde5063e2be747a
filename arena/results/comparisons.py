"""The comparisons of a pairwise block one by one: who preferred which picture, and how sure they are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from annotations.models import Comparison, Image, Prompt, Study, Vote
from arena.analytics.proportions import wilson, wilson_bounds
from arena.analytics.result import Estimate, Undefined
from arena.results.cache import remembered
from arena.results.filters import Filters
from arena.results.frames import pair_frame
from arena.results.labels import significant
from arena.results.selection import Counts, select
from scoring.models import Metric, Score, ScoreState

SORTS = {
    "disagreement": "Raters disagree most",
    "margin": "Clearest preference",
    "surprise": "Metric most surprised",
    "votes": "Most votes",
}
TIMES = 40


@dataclass(frozen=True)
class Picture:
    image: str  # public id, "" where votes were made elsewhere
    generator: str
    preferred: int
    scores: list[tuple[str, str]]


@dataclass(frozen=True)
class OneVote:
    rater: str
    said: str
    side: str
    answer_ms: float
    chips: str


@dataclass(frozen=True)
class Shown:
    """One comparison as a page shows it."""

    prompt: str
    text: str
    category: str
    first: Picture
    second: Picture
    ties: int
    votes: int
    each: list[OneVote]

    @property
    def scores(self) -> list[tuple[str, str, str]]:
        """Each metric's label with what it says of the one and the other."""
        other = dict(self.second.scores)
        return [(label, value, other[label]) for label, value in self.first.scores if label in other]

    @property
    def pictures(self) -> tuple[Picture, Picture]:
        return self.first, self.second


@dataclass(frozen=True)
class Pair:
    """Two generators against each other. `over_time` has columns vote, share, low, high."""

    first: str
    second: str
    share: Estimate | Undefined
    by_category: list[tuple[str, int, int, int, Estimate | Undefined]]
    over_time: pd.DataFrame
    counts: Counts


def table(study: Study, filters: Filters, metric: Metric | None = None) -> pd.DataFrame:
    """One row per comparison with votes: comparison (id), prompt, category, first, second (generators by
    name), image_first, image_second, for_first, for_second, ties, votes, margin (0 to 1), disagreement (0:
    one voice, 1: evenly split over all answers), surprise (how far the metric points against the votes)."""
    base = remembered("comparisons", study, filters, lambda: _table(study, filters))
    return base if metric is None else _with_surprise(base, metric)


def _table(study: Study, filters: Filters) -> pd.DataFrame:
    selection = select(study, filters)
    frame = pair_frame(study, selection, filters.criterion)
    left, right = frame["left"].astype(str), frame["right"].astype(str)
    straight = (left < right).to_numpy()
    outcome = frame["outcome"].astype(str)
    took_left, took_right = (outcome == "left").to_numpy(), (outcome == "right").to_numpy()
    rows = pd.DataFrame(
        {
            "comparison": selection.votes.comparisons.ids[frame["comparison"].to_numpy(dtype=np.int64)],
            "prompt": frame["prompt"].astype(str),
            "category": frame["category"].astype(str),
            "first": np.where(straight, left, right),
            "second": np.where(straight, right, left),
            "image_first": np.where(straight, frame["image_left"], frame["image_right"]),
            "image_second": np.where(straight, frame["image_right"], frame["image_left"]),
            "for_first": np.where(straight, took_left, took_right),
            "for_second": np.where(straight, took_right, took_left),
        }
    )
    keys = ["comparison", "prompt", "category", "first", "second", "image_first", "image_second"]
    grouped = rows.groupby(keys, sort=False)
    out = grouped[["for_first", "for_second"]].sum().astype(int)
    out["votes"] = grouped.size()
    out = out.reset_index()
    out["ties"] = out["votes"] - out["for_first"] - out["for_second"]
    out["margin"] = (out["for_first"] - out["for_second"]).abs() / out["votes"]
    top = out[["for_first", "for_second", "ties"]].max(axis=1) / out["votes"]
    out["disagreement"] = (1 - top) * 1.5
    return out


def _with_surprise(base: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    images = pd.unique(base[["image_first", "image_second"]].to_numpy().ravel())
    done = Score.objects.filter(
        metric=metric, image_id__in=[int(i) for i in images], state=ScoreState.DONE, value__isnull=False
    )
    values = pd.Series(dict(done.values_list("image_id", "value")), dtype=float)
    gap = base["image_first"].map(values) - base["image_second"].map(values)
    spread = float(gap.abs().max()) or 1.0
    sign = -1 if metric.higher_is_better is False else 1
    lean = (base["for_first"] - base["for_second"]) / base["votes"]
    return base.assign(surprise=(-sign * gap / spread * lean))


def sorted_by(found: pd.DataFrame, order: str) -> pd.DataFrame:
    """Best first; ties by votes, then as stored. Rows without a value are left out."""
    kept = found[found[order].notna()] if order in found else found.assign(**{order: found["votes"]})
    if order == "surprise":
        kept = kept[kept["surprise"] > 0]
    return kept.sort_values([order, "votes", "comparison"], ascending=[False, False, True], ignore_index=True)


def pair(study: Study, filters: Filters, first: str, second: str) -> Pair:
    selection = select(study, filters)
    frame = pair_frame(study, selection, filters.criterion)
    left, right = frame["left"].astype(str), frame["right"].astype(str)
    both = ((left == first) & (right == second)) | ((left == second) & (right == first))
    votes = frame[both]
    for_first = (votes["outcome"] == "left").where(
        votes["left"].astype(str) == first, votes["outcome"] == "right"
    )
    decided = votes["outcome"].astype(str).isin(["left", "right"])
    won = for_first[decided].astype(bool)
    by_category = []
    for name, part in votes.assign(won=for_first & decided, decided=decided).groupby(
        "category", observed=True
    ):
        wins, n = int(part["won"].sum()), int(part["decided"].sum())
        by_category.append((str(name), len(part), wins, n, wilson(float(wins), float(n))))
    return Pair(
        first=first,
        second=second,
        share=wilson(float(won.sum()), float(len(won))),
        by_category=by_category,
        over_time=_over_time(won.to_numpy(dtype=np.float64)),
        counts=selection.counts,
    )


def _over_time(won: np.ndarray[Any, np.dtype[np.float64]]) -> pd.DataFrame:
    """The share so far after each of up to 40 evenly spaced decided votes."""
    if not won.size:
        return pd.DataFrame({"vote": [], "share": [], "low": [], "high": []})
    at = np.unique(np.linspace(1, won.size, min(TIMES, won.size)).round().astype(int))
    wins = np.cumsum(won)[at - 1]
    low, high = wilson_bounds(wins, at.astype(np.float64))
    return pd.DataFrame({"vote": at, "share": wins / at, "low": low, "high": high})


def shown(study: Study, rows: pd.DataFrame, filters: Filters, metrics: list[Metric]) -> list[Shown]:
    """A page's worth of comparisons with pictures, scores, and each vote that the filter counts."""
    images = {int(i) for name in ("image_first", "image_second") for i in rows[name] if i >= 0}
    public = dict(Image.objects.filter(id__in=images).values_list("id", "public_id"))
    scores = _scores(images, metrics)
    known = Prompt.objects.filter(study=study, key__in=rows["prompt"].tolist())
    prompts = dict(known.values_list("key", "text"))
    votes = _votes(study, rows, filters)
    return [
        Shown(
            prompt=row.prompt,
            text=prompts.get(row.prompt, ""),
            category=row.category,
            first=_picture(row.image_first, row.first, row.for_first, public, scores),
            second=_picture(row.image_second, row.second, row.for_second, public, scores),
            ties=row.ties,
            votes=row.votes,
            each=votes.get(row.comparison, []),
        )
        for row in rows.itertuples()
    ]


def _picture(
    image: int,
    generator: str,
    preferred: int,
    public: dict[int, str],
    scores: dict[int, list[tuple[str, str]]],
) -> Picture:
    return Picture(public.get(int(image), ""), generator, int(preferred), scores.get(int(image), []))


def _scores(images: set[int], metrics: list[Metric]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    rows = Score.objects.filter(
        image_id__in=images, metric__in=metrics, state=ScoreState.DONE, value__isnull=False
    ).order_by("metric_id")
    for image, label, value in rows.values_list("image_id", "metric__label", "value"):
        found.setdefault(image, []).append((label, significant(value)))
    return found


def _votes(study: Study, rows: pd.DataFrame, filters: Filters) -> dict[int, list[OneVote]]:
    names: dict[int, list[str]] = {}
    ids = [int(i) for i in rows["comparison"]]
    slots = Comparison.objects.filter(id__in=ids).order_by("id", "slots__index")
    for comparison, name in slots.values_list("id", "slots__generator__name"):
        names.setdefault(comparison, []).append(name)
    found: dict[int, list[OneVote]] = {}
    selection = select(study, filters)
    counted = selection.rows[np.isin(selection.votes.comparison[selection.rows], ids)]
    votes = Vote.objects.filter(id__in=selection.votes.ids[counted].tolist()).order_by("id")
    fields = ("comparison_id", "rater__public_id", "order", "answer", "answer_ms", "remarks")
    for comparison, rater, order, answer, answer_ms, remarks in votes.values_list(*fields):
        said = str(answer.get(filters.criterion, ""))
        side = said.removeprefix("much_")
        winner = (
            names[comparison][int(order[0 if side == "left" else -1])] if side in ("left", "right") else said
        )
        text = remarks or {}
        chips = ", ".join([*text.get("chips", []), *([text["text"]] if text.get("text") else [])])
        found.setdefault(comparison, []).append(
            OneVote(
                rater,
                winner.replace("_", " "),
                side if side in ("left", "right") else "",
                answer_ms or 0,
                chips,
            )
        )
    return found
