"""Kinds of votes that may come from elsewhere: what their files hold, with an example of each."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from annotations.importing.vote_table import OPTIONAL


@dataclass(frozen=True)
class VoteKind:
    key: str
    label: str
    about: str
    example: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = OPTIONAL

    @property
    def fields(self) -> tuple[str, ...]:
        return (*self.needed, *self.optional)


KINDS = {
    kind.key: kind
    for kind in (
        VoteKind(
            "pairs",
            "Pairs, sides known",
            "Two side by side, and which side won. One row per vote.",
            "model_left,model_right,winner,rater,prompt\nsdxl,flux,left,kim,p1\nflux,sdxl,tie,lee,p1",
            ("left", "right", "outcome"),
        ),
        VoteKind(
            "preferences",
            "Pairs, sides not known",
            "Which of two was preferred; nobody knows which was on the left. One row per vote.",
            "preferred,other,rater,prompt\nflux,sdxl,kim,p1\nsdxl,flux,lee,p1",
            ("better", "worse"),
        ),
        VoteKind(
            "ratings",
            "Ratings",
            "Points on a scale of 5 or 7, for one criterion or several. One row per rater and picture.",
            "model,fidelity,appeal,rater,prompt\nflux,5,4,kim,p1\nsdxl,3,4,kim,p1",
            ("generator", "rating"),
            ("item", *OPTIONAL),
        ),
        VoteKind(
            "ranking",
            "Rankings",
            "An order of 2 to 9, equal ranks allowed. A row per picture; those of one answer share a ballot.",
            "ballot,model,rank,rater,prompt\n1,flux,1,kim,p1\n1,sdxl,2,kim,p1\n1,dalle,2,kim,p1",
            ("ballot", "generator", "rank"),
        ),
        VoteKind(
            "best_of_n",
            "Best of several",
            "The best, or best and worst, of 2 to 9. A row per picture; those of one answer share a ballot.",
            "ballot,model,chosen,rater,prompt\n1,flux,best,kim,p1\n1,sdxl,0,kim,p1\n1,dalle,worst,kim,p1",
            ("ballot", "generator", "chosen"),
        ),
    )
}
LABELS = {
    "left": ("Left", "The generator shown on the left."),
    "right": ("Right", "The generator shown on the right."),
    "outcome": ("Outcome", "Who won."),
    "better": ("Preferred", "The generator that was preferred."),
    "worse": ("Not preferred", "The one it was preferred to."),
    "generator": ("Generator", "Who made the picture."),
    "rating": ("Ratings", "Whole points. Several columns are several criteria, named like their columns."),
    "ballot": ("Ballot", "What tells one answer from the next."),
    "rank": ("Rank", "1 is the best."),
    "chosen": ("Choice", "1, yes or best for the best; −1 or worst for the worst; 0, no or shown otherwise."),
    "item": ("Picture", "Tells several pictures of one generator for one prompt apart."),
    "rater": ("Rater", "Tells raters apart. Without it, intervals may be too narrow."),
    "prompt": ("Prompt", "Tells prompts apart. Agreement needs it."),
    "category": ("Category", "The category of the prompt."),
    "answer_ms": ("Answer time", "Whole milliseconds."),
}
# How others call these columns, likely ones first.
USUAL = {
    "left": ("left", "model_left", "model_a", "left_model", "generator_a", "shown_left", "a"),
    "right": ("right", "model_right", "model_b", "right_model", "generator_b", "shown_right", "b"),
    "outcome": ("outcome", "winner", "won", "preference", "vote", "label", "answer"),
    "better": ("better", "preferred", "preferred_image", "chosen", "winner", "won"),
    "worse": ("worse", "other", "other_image", "rejected", "loser", "lost"),
    "generator": ("generator", "model", "model_type", "model_name", "system", "image_index", "image"),
    "rating": ("rating", "score", "points", "answer", "mos"),
    "ballot": ("ballot", "ballot_id", "trial", "trial_id", "task_id", "prompt_id"),
    "rank": ("rank", "place", "ranking", "position"),
    "chosen": ("chosen", "choice", "best", "pick", "picked", "selected"),
    "rater": ("rater", "rater_id", "worker", "worker_id", "annotator", "observer", "judge", "user", "who"),
    "prompt": ("prompt", "prompt_id", "item_id", "text_id", "content", "question_id"),
    "category": ("category",),
    "answer_ms": ("answer_ms", "time_ms", "rt_ms"),
    "item": ("item", "image_id", "picture"),
}


def guess(field: str, columns: Collection[str]) -> str:
    """The column that most likely holds a field, or nothing."""
    lower = {name.lower(): name for name in columns}
    return next((lower[name] for name in USUAL[field] if name in lower), "")


def guess_ratings(columns: Collection[str]) -> list[str]:
    numbered = [name for name in columns if re.fullmatch(r"(rating|score)[._ ]?.*", name.lower())]
    return numbered or [name for name in [guess("rating", columns)] if name]
