"""Prompts with all their pictures side by side: what people made of each picture, and what a metric did."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from annotations.models import Image, Prompt, Protocol, Study
from arena.results.cache import remembered
from arena.results.filters import Filters, block_of
from arena.results.frames import ballot_frame, failure_frame, pair_frame, rating_frame
from arena.results.labels import number, percent, significant
from arena.results.selection import select
from scoring.models import Metric, Score, ScoreState

SORTS = {
    "disagreement": "Raters disagree most",
    "margin": "Clearest preference",
    "surprise": "Metric most surprised",
    "votes": "Most answers",
}
# What the number beside a picture is.
VALUES = {
    Protocol.PAIRWISE: "Share of wins, ties one half",
    Protocol.LIKERT: "Mean rating over all criteria",
    Protocol.BEST_OF_N: "Share of answers that chose it",
    Protocol.RANKING: "Mean place: 100 % is always first, 0 % always last",
    Protocol.FAILURE_REVIEW: "Share of reviews without any failure",
}
POINTS = {"left": 1.0, "right": 0.0, "tie": 0.5, "both_bad": 0.5}


@dataclass(frozen=True)
class Picture:
    image: str  # public id, "" where votes were made elsewhere
    generator: str
    value: str
    share: float  # of the width of a bar
    answers: int
    score: str
    picked: bool  # by the metric


@dataclass(frozen=True)
class Shown:
    prompt: str
    text: str
    category: str
    answers: int
    pictures: list[Picture]


def pictures(study: Study, filters: Filters) -> pd.DataFrame:
    """One row per prompt and generator: prompt, category, generator, image (id, -1 for none), human (higher
    is better; 0 to 1, of ratings their mean), spread (standard deviation of single answers), answers."""
    return remembered("prompts", study, filters, lambda: _pictures(study, filters))


def _pictures(study: Study, filters: Filters) -> pd.DataFrame:
    answers = _answers(study, filters)
    text = {name: answers[name].astype(str) for name in ("prompt", "category", "generator")}
    grouped = answers.assign(**text).groupby(["prompt", "generator"], sort=True)
    return grouped.agg(
        category=("category", "first"),
        image=("image", "first"),
        human=("value", "mean"),
        spread=("value", lambda values: float(np.std(values))),
        answers=("value", "size"),
    ).reset_index()


def _answers(study: Study, filters: Filters) -> pd.DataFrame:
    """One row per picture that an answer judges, with what it says of it."""
    selection, block = select(study, filters), block_of(study, filters)
    if block.protocol == Protocol.PAIRWISE:
        return _sides(pair_frame(study, selection, filters.criterion))
    if block.protocol == Protocol.LIKERT:
        frame = rating_frame(study, selection, block)
        return frame.assign(value=frame["rating"].astype(float))
    if block.protocol == Protocol.FAILURE_REVIEW:
        frame = failure_frame(study, selection)
        return frame.assign(value=[float(not failures) for failures in frame["failures"]])
    frame = ballot_frame(study, selection)
    if block.protocol == Protocol.BEST_OF_N:
        return frame.assign(value=(frame["answer"] == "best").astype(float))
    last = frame.groupby("ballot")["rank"].transform("max")
    return frame.assign(value=1 - (frame["rank"] - 1) / (last - 1).clip(lower=1))


def _sides(votes: pd.DataFrame) -> pd.DataFrame:
    points = votes["outcome"].astype(str).map(POINTS).astype(float)
    both = [
        votes[["prompt", "category"]].assign(
            generator=votes[side].astype(str), image=votes[f"image_{side}"], value=value
        )
        for side, value in (("left", points), ("right", 1 - points))
    ]
    # "Can't judge" says nothing of either picture.
    return pd.concat(both)[lambda frame: frame["value"].notna()]


def scored(found: pd.DataFrame, metric: Metric | None) -> pd.DataFrame:
    """The same with each picture’s score, and whether it is the metric’s choice among its prompt’s."""
    if metric is None:
        return found.assign(score=np.nan, picked=False)
    rows = Score.objects.filter(metric=metric, state=ScoreState.DONE, value__isnull=False)
    values = dict(rows.filter(image_id__in=found["image"].tolist()).values_list("image_id", "value"))
    score = found["image"].map(values).astype(float)
    if metric.higher_is_better is None:
        return found.assign(score=score, picked=False)
    directed = score if metric.higher_is_better else -score
    best = directed.groupby(found["prompt"]).transform("max")
    return found.assign(score=score, picked=directed.notna() & (directed == best))


def order(found: pd.DataFrame, sort: str) -> list[str]:
    """Prompts, those first that the order asks for; those without a value are left out."""
    if found.empty:
        return []
    by_prompt = found.groupby("prompt", sort=True)
    keys = pd.DataFrame({"votes": by_prompt["answers"].sum()})
    if sort == "disagreement":
        keys["key"] = by_prompt["spread"].mean()
    elif sort == "margin":
        keys["key"] = by_prompt["human"].apply(_margin)
    elif sort == "surprise":
        picked = found[found["picked"]].groupby("prompt")["human"].mean()
        keys["key"] = (by_prompt["human"].max() - picked).where(lambda lost: lost > 0)
    else:
        keys["key"] = keys["votes"]
    keys = keys[keys["key"].notna()].reset_index()
    ordered = keys.sort_values(["key", "votes", "prompt"], ascending=[False, False, True])
    return [str(prompt) for prompt in ordered["prompt"]]


def _margin(human: pd.Series) -> float:
    """How far the best is ahead of the next."""
    best = np.sort(human.to_numpy(dtype=float))[::-1]
    return float(best[0] - best[1]) if best.size > 1 else float("nan")


def shown(study: Study, found: pd.DataFrame, prompts: list[str], filters: Filters) -> list[Shown]:
    """A page's worth of prompts, each with its pictures, the best liked first."""
    rows = found[found["prompt"].isin(prompts)].sort_values(["human", "generator"], ascending=[False, True])
    public = dict(
        Image.objects.filter(id__in=[int(i) for i in rows["image"] if i >= 0]).values_list("id", "public_id")
    )
    texts = dict(Prompt.objects.filter(study=study, key__in=prompts).values_list("key", "text"))
    block = block_of(study, filters)
    top = float(block.points) if block.protocol == Protocol.LIKERT else 1.0
    by_prompt = {str(prompt): part for prompt, part in rows.groupby("prompt")}
    return [
        Shown(
            prompt=prompt,
            text=texts.get(prompt, ""),
            category=str(by_prompt[prompt]["category"].iloc[0]),
            answers=int(by_prompt[prompt]["answers"].sum()),
            pictures=[
                Picture(
                    image=public.get(int(row.image), ""),
                    generator=row.generator,
                    value=number(row.human, 2) if top > 1 else percent(row.human, 0),
                    share=max(0.0, min(1.0, row.human / top)),
                    answers=int(row.answers),
                    score=significant(row.score),
                    picked=bool(row.picked),
                )
                for row in by_prompt[prompt].itertuples()
            ],
        )
        for prompt in prompts
    ]
