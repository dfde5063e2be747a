"""Studies with known votes: made elsewhere and imported, or cast here by raters through the actions."""

from pathlib import Path

import numpy as np
from django.test import Client
from django.urls import reverse

from annotations.actions import votes
from annotations.actions.vote_import import import_votes
from annotations.models import Assignment, Rater, Study, Vote
from arena.results.report import make
from tests.factories import launched_study, rater_in, vote_all

MAPPING = {field: field for field in ("left", "right", "outcome", "rater", "prompt", "category")}
HEADER = "left,right,outcome,rater,prompt,category"


def imported(folder: Path, lines: list[str], name: str = "Elsewhere") -> Study:
    path = folder / "votes.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return import_votes(path=path, name=name, mapping=MAPPING).study


def noisy_lines(votes: int = 240, raters: int = 12, seed: int = 0) -> list[str]:
    """Votes of raters who mostly prefer a to b to c to d, on two categories, all outcomes occurring."""
    rng = np.random.default_rng(seed)
    names, lines = "abcd", []
    for number in range(votes):
        left, right = rng.choice(4, size=2, replace=False)
        gap = (right - left) * 0.7
        weights = np.array([np.exp(gap / 2), np.exp(-gap / 2), 0.5, 0.1])
        outcome = rng.choice(["left", "right", "tie", "both_bad"], p=weights / weights.sum())
        category = "people" if number % 3 == 0 else "places"
        lines.append(
            f"{names[left]},{names[right]},{outcome},r{number % raters},{category}{number % 9},{category}"
        )
    return lines


def voted_study(*, raters: int = 3, simulated: int = 0, **settings) -> Study:
    """A running study with attention checks, in which the last `simulated` raters are simulated."""
    # Six comparisons a rater: the first attention check must come early to come at all.
    settings = {"check_every": 3, "first_check_within": 2} | settings
    study = launched_study(**{"prompts": 2, "overlap": raters} | settings)
    rng = np.random.default_rng(0)
    for number in range(raters):
        rater = rater_in(study, simulated=number >= raters - simulated)
        vote_all(rater, lambda assignment: answer(assignment, rng))
    return study


def answer(assignment: Assignment, rng: np.random.Generator) -> dict:
    """The generator earlier in the alphabet wins three times out of four; checks are answered at random."""
    study = assignment.study
    if study.block.protocol == "likert":
        return {key: int(rng.integers(1, 6)) for key in study.block.criteria.values_list("key", flat=True)}
    slots = list(assignment.comparison.slots.order_by("index"))
    shown = [slots[int(index)].generator.name for index in assignment.order]
    if assignment.kind == "check" or rng.random() < 0.25:
        return {"overall": str(rng.choice(["left", "right", "tie"]))}
    return {"overall": "left" if shown[0] < shown[1] else "right"}


def busiest(study: Study) -> Rater:
    return study.raters.order_by("-voted", "id").first()


def undo_last(study: Study) -> Vote:
    """The last voter takes the last vote back; returns it."""
    vote = Vote.objects.filter(study=study, retracted_at__isnull=True).latest("id")
    votes.undo(rater=vote.rater)
    vote.refresh_from_db()
    return vote


def report_of(client: Client, study: Study, fmt: str, query: str = "") -> bytes:
    """Asked for on its page, made as a worker makes it, and downloaded."""
    client.post(reverse("results-report", args=[study.public_id]) + query)
    if job := study.report_jobs.first():
        make.run(job=job)
    answer = client.get(reverse("report", args=[study.public_id, fmt]) + query)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)
