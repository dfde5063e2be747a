"""What an export of votes says of blocks that are no pairs: choices, ratings, failure reviews."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pandas as pd

from .errors import OptionError
from .likert import OpinionScores, opinion_scores
from .proportions import wilson
from .ranking_choices import rank_choices
from .ranking_result import RankingResult
from .result import Estimate

CHOICES = ("best_of_n", "ranking")
RATINGS = "likert"
FAILURES = "failure_review"
# A way to rank pairs by how clearly one was preferred.
GRADED = "graded"


def grades_of(votes: pd.DataFrame) -> pd.Series:
    """Outcomes as they were said (much_left … much_right), from the column answer; a table without
    answers holds them as its outcomes."""
    if "answer" not in votes.columns:
        return votes["outcome"]
    return votes["answer"].map(json.loads)


def choices_of(
    votes: pd.DataFrame, *, places: bool, confidence: float, draws: int, seed: int, anchor: str | None
) -> RankingResult:
    """Plackett-Luce of best-of-N answers or rankings, from the columns vote_id, shown and answer."""
    return rank_choices(
        pd.DataFrame(_ballots(votes), columns=["ballot", "generator", "rater", "place", _said(votes)]),
        places=places,
        confidence=confidence,
        draws=draws,
        seed=seed,
        anchor=anchor,
    )


def ratings_of(
    votes: pd.DataFrame, *, points: int, confidence: float, draws: int, seed: int
) -> OpinionScores:
    """Mean opinion scores from the columns shown_left (here ``left``), rating, rater, criterion."""
    frame = votes.rename(columns={"left": "generator"})
    frame = frame.rename(columns={"comparison": "item"} if "comparison" in frame.columns else {})
    wanted = ("generator", "rating", "rater", "criterion", "prompt", "item")
    frame = frame[[name for name in wanted if name in frame.columns]]
    rated = frame.assign(rating=pd.to_numeric(frame["rating"]))
    return opinion_scores(
        rated[rated["rating"].notna()],
        scale=tuple(range(1, points + 1)),
        confidence=confidence,
        draws=draws,
        seed=seed,
    )


def failures_of(votes: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """Failure rates by generator: a picture has a failure when at least half of its reviewers named it.

    Columns failure (``any`` for at least one), generator, images, with_failure, rate, low, high.
    """
    known = votes[votes["criterion"].astype(str) == "failures"]
    named = [set(json.loads(text)) for text in known["answer"]]
    every = sorted(set().union(*named)) if named else []
    flags = pd.DataFrame({"generator": known["left"].to_numpy(), "image": known["comparison"].to_numpy()})
    flags["any"] = [bool(found) for found in named]
    for key in every:
        flags[key] = [key in found for found in named]
    images = flags.groupby(["generator", "image"], sort=True)[["any", *every]].mean() >= 0.5
    rows = []
    for generator, part in images.groupby(level="generator", sort=True):
        for key in part.columns:
            rate = wilson(float(part[key].sum()), float(len(part)), confidence=confidence)
            assert isinstance(rate, Estimate)  # a group has at least one image
            row = {"failure": key, "generator": generator, "images": len(part)}
            row |= {"with_failure": int(part[key].sum()), "rate": rate.value}
            rows.append(row | {"low": rate.low, "high": rate.high})
    names = ["failure", "generator", "images", "with_failure", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def _said(votes: pd.DataFrame) -> str:
    """Rankings give ranks, best-of-N answers words; one block holds one of the two."""
    return "rank" if (votes["protocol"].astype(str) == "ranking").any() else "answer"


def _ballots(votes: pd.DataFrame) -> Iterator[tuple[str, str, str, int, object]]:
    """(vote, generator, rater, place, rank or word) of every picture shown; "can't judge" is left out."""
    ranked = _said(votes) == "rank"
    for vote, rows in votes.groupby("vote_id", sort=False):
        said = {str(row.criterion): json.loads(str(row.answer)) for row in rows.itertuples()}
        if "cannot_judge" in said.values():
            continue
        shown = json.loads(str(rows["shown"].iloc[0]))
        rater = str(rows["rater"].iloc[0])
        for place, generator in enumerate(shown):
            value = _rank(said.get("ranking"), place) if ranked else _word(said, place)
            yield str(vote), str(generator), rater, place, value


def _word(said: dict[str, object], place: int) -> str:
    return next((word for word in ("best", "worst") if said.get(word) == place), "shown")


def _rank(ranking: object, place: int) -> int | None:
    """Rank of a place in a ranking, best first; equal ones stand in a list."""
    if not isinstance(ranking, list):
        raise OptionError("A ranking is not a list of places.", mend="Export the votes again.")
    for rank, level in enumerate(ranking, start=1):
        if place == level or (isinstance(level, list) and place in level):
            return rank
    return None
