"""Checked tables of votes made elsewhere as rows of the database."""

import json
from itertools import pairwise

import numpy as np
import pandas as pd
from django.utils import timezone

from annotations.actions.bulk_rows import insert
from annotations.importing.vote_table import BEST_OF_N, PAIRS, RATINGS, Reading
from annotations.models import (
    Assignment,
    AssignmentState,
    Comparison,
    ComparisonSlot,
    Generator,
    Panel,
    Prompt,
    Rater,
    RaterState,
    Study,
    Vote,
)

PANEL = "Imported votes"
CRITERION = "overall"
NO_PROMPT = "unknown"
CHUNK = 500


def votes_in(frame: pd.DataFrame, kind: str) -> int:
    return len(frame) if kind in (PAIRS, RATINGS) else int(frame["ballot"].nunique())


def store(study: Study, frame: pd.DataFrame, reading: Reading) -> None:
    """Rows in the order of the file, so that ids keep it."""
    frame = _with_defaults(frame, reading.kind)
    names = [frame[field] for field in ("left", "right", "generator") if field in frame]
    generators = _generators(sorted(set().union(*names)))
    if reading.kind == PAIRS:
        votes, slots = _pairs(frame, generators, sided=reading.knows_sides)
    elif reading.kind == RATINGS:
        votes, slots = _ratings(frame, generators)
    else:
        votes, slots = _ballots(frame, generators, reading.kind)
    panel = Panel.objects.create(study=study, name=PANEL, overlap=1, is_open=False)
    votes = votes.assign(rater=_raters(study, panel, votes["rater"]), prompt=_prompts(study, votes))
    _votes(study, votes.assign(comparison=_comparisons(study, votes, slots)))


def _with_defaults(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    frame = frame.copy()
    if "rater" not in frame:
        # Nothing says who voted: each vote stands alone, and intervals are those of single votes.
        ballots = "ballot" in frame
        frame["rater"] = frame["ballot"] if ballots else [f"row {number}" for number in frame.index]
    if "prompt" not in frame:
        frame["prompt"] = NO_PROMPT
    if "category" not in frame:
        frame["category"] = "uncategorised"
    if "answer_ms" not in frame:
        frame["answer_ms"] = ""
    return frame


# Each kind gives one row per vote (rater, prompt, category, answer_ms, order, answer as JSON, and `key`,
# equal for equal pictures), and per key the generators of the slots, in canonical order.


def _pairs(
    frame: pd.DataFrame, generators: dict[str, int], *, sided: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    a, b = (frame[side].map(generators).to_numpy() for side in ("left", "right"))
    low, high = np.minimum(a, b), np.maximum(a, b)
    outcome = frame["outcome"]
    if not sided:
        # Nobody knows which was left: stored as if shown in canonical order, and fitted without an effect
        # of sides.
        outcome = outcome.where(a < b, "right")
        a, b = low, high
    key = pd.factorize(pd.MultiIndex.from_arrays([low, high]))[0]
    votes = frame.assign(
        key=key,
        order=np.where(a < b, "01", "10"),
        answer=outcome.map({said: json.dumps({CRITERION: said}) for said in outcome.unique()}),
    )
    return votes, _slots(np.repeat(key, 2), np.column_stack([low, high]).ravel(), len(key) * [0, 1])


def _ratings(frame: pd.DataFrame, generators: dict[str, int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    picture = [frame["generator"].map(generators)] + ([frame["item"]] if "item" in frame else [])
    key = pd.factorize(pd.MultiIndex.from_arrays(picture))[0]
    rated = [column for column in frame if column.startswith("rating.")]
    said = pd.MultiIndex.from_frame(frame[rated])
    codes, kinds = pd.factorize(said)
    answers = np.array(
        [
            json.dumps({c.removeprefix("rating."): int(v) for c, v in zip(rated, kind, strict=True) if v})
            for kind in kinds
        ],
        dtype=object,
    )
    votes = frame.assign(key=key, order="0", answer=answers[codes])
    return votes, _slots(key, picture[0].to_numpy(), len(key) * [0])


def _ballots(frame: pd.DataFrame, generators: dict[str, int], kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places shown are not known: pictures are stored in canonical order, fitted without place effects."""
    chosen = kind == BEST_OF_N
    ids = frame["generator"].map(generators).to_numpy()
    ballot = pd.factorize(frame["ballot"])[0]
    sorting = np.lexsort((ids, ballot))
    shown, said = ids[sorting].tolist(), frame["chosen" if chosen else "rank"].to_numpy()[sorting].tolist()
    bounds = [0, *np.cumsum(np.bincount(ballot)).tolist()]
    keys, orders, answers = [], [], []
    seen: dict[tuple[int, ...], int] = {}
    for start, end in pairwise(bounds):
        keys.append(seen.setdefault(tuple(shown[start:end]), len(seen)))
        orders.append("012345678"[: end - start])
        answers.append(_chosen(said[start:end]) if chosen else _ranking(said[start:end]))
    slots = [(key, generator, index) for held, key in seen.items() for index, generator in enumerate(held)]
    first = frame[~frame["ballot"].duplicated()]
    return first.assign(key=keys, order=orders, answer=answers), _slots(*np.array(slots).T)


def _ranking(ranks: list[str]) -> str:
    """Places best first; those of equal rank in a list together."""
    levels: dict[int, list[int]] = {}
    for place, rank in enumerate(ranks):
        levels.setdefault(int(rank), []).append(place)
    ordered = [levels[rank] for rank in sorted(levels)]
    return json.dumps({"ranking": [level[0] if len(level) == 1 else level for level in ordered]})


def _chosen(words: list[str]) -> str:
    said: dict[str, int | str] = {word: place for place, word in enumerate(words) if word != "shown"}
    return json.dumps({"best": "none"} | said)


def _slots(key: object, generator: object, index: object) -> pd.DataFrame:
    frame = pd.DataFrame({"key": key, "generator": generator, "index": index})
    return frame.drop_duplicates(["key", "index"])


def _generators(names: list[str]) -> dict[str, int]:
    Generator.objects.bulk_create([Generator(name=name) for name in names], ignore_conflicts=True)
    found: dict[str, int] = {}
    for start in range(0, len(names), CHUNK):
        some = Generator.objects.filter(name__in=names[start : start + CHUNK])
        found |= dict(some.values_list("name", "pk"))
    return found


def _raters(study: Study, panel: Panel, labels: pd.Series) -> np.ndarray:
    codes, names = pd.factorize(labels)
    counts = np.bincount(codes).tolist()
    ids = insert(
        Rater,
        len(names),
        study_id=study.pk,
        panel_id=panel.pk,
        label=[str(name) for name in names],
        served=counts,
        voted=counts,
        state=RaterState.JOINED,
    )
    return np.array(ids, dtype=np.int64)[codes]


def _prompts(study: Study, votes: pd.DataFrame) -> np.ndarray:
    codes, keys = pd.factorize(votes["prompt"])
    texts = [str(key) for key in keys]
    categories = votes.loc[~votes["prompt"].duplicated(), "category"].tolist()
    ids = insert(Prompt, len(texts), study_id=study.pk, key=texts, text=texts, category=categories)
    return np.array(ids, dtype=np.int64)[codes]


def _comparisons(study: Study, votes: pd.DataFrame, slots: pd.DataFrame) -> np.ndarray:
    """The comparison of every row. A rater's second vote on the same pictures opens a second one, since
    nobody meets a comparison twice."""
    time = votes.groupby(["rater", "prompt", "key"], sort=False).cumcount()
    keyed = votes[["prompt", "key"]].assign(time=time).reset_index(drop=True)
    number = keyed.groupby(["prompt", "key", "time"], sort=False).ngroup().to_numpy()
    first = keyed[~pd.Series(number).duplicated()]
    ids = np.array(
        insert(
            Comparison,
            len(first),
            study_id=study.pk,
            block_id=study.block.pk,
            prompt_id=first["prompt"].tolist(),
        ),
        dtype=np.int64,
    )
    held = first[["key"]].assign(comparison=ids).merge(slots, on="key").sort_values(["comparison", "index"])
    insert(
        ComparisonSlot,
        len(held),
        comparison_id=held["comparison"].tolist(),
        index=held["index"].tolist(),
        generator_id=held["generator"].tolist(),
    )
    return ids[number]


def _votes(study: Study, votes: pd.DataFrame) -> None:
    now = timezone.now()
    count = len(votes)
    shared = {
        "study_id": study.pk,
        "rater_id": votes["rater"].tolist(),
        "comparison_id": votes["comparison"].tolist(),
        "order": votes["order"].tolist(),
    }
    sequence = votes.groupby("rater", sort=False).cumcount() + 1
    assignments = insert(
        Assignment,
        count,
        **shared,
        state=AssignmentState.VOTED,
        sequence=sequence.tolist(),
        served_at=now,
        expires_at=now,
    )
    insert(
        Vote,
        count,
        **shared,
        assignment_id=list(assignments),
        answer=votes["answer"].tolist(),
        answer_ms=[int(text) if text else None for text in votes["answer_ms"]],
    )
