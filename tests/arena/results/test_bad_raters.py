"""Honest raters and four kinds of bad ones vote through the real engine; default rules tell them apart."""

import math
import random
from collections import Counter

import pytest

from annotations.actions import assignments, trials, votes
from annotations.models import ComparisonSlot
from arena.analytics.rater_rules import DEFAULT_RULES
from arena.results import rules
from arena.results.filters import choices
from arena.results.rankings import ranking
from tests.factories import planned_study, rater_in

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
STRENGTHS = {f"generator-{number}": 1.0 - 0.5 * number for number in range(5)}
CROWD = {"honest": 60, "random": 12, "always_left": 12, "fast": 8, "colluding": 8}
WEAKEST = "generator-4"
VOTES = 60


class Voter:
    def __init__(self, kind: str, seed: int) -> None:
        self.kind = kind
        self.rng = random.Random(f"{kind}/{seed}")
        self.taste = {name: value + self.rng.gauss(0, 0.4) for name, value in STRENGTHS.items()}

    def answer(self, assignment, shown: list[str]) -> tuple[dict[str, str], int]:
        return {"overall": self._side(assignment, shown)}, self._pace()

    def _pace(self) -> int:
        return round(self.rng.lognormvariate(math.log(350 if self.kind == "fast" else 4000), 0.4))

    def _side(self, assignment, shown: list[str]) -> str:
        if self.kind == "always_left":
            return "left"
        if self.kind in ("random", "fast"):
            return self.rng.choice(["left", "right", "tie"])
        if self.kind == "colluding" and WEAKEST in shown and shown[0] != shown[1]:
            return "left" if shown[0] == WEAKEST else "right"
        if assignment.comparison.expected is not None and self.rng.random() < 0.97:
            return "left" if int(assignment.order[0]) == assignment.comparison.expected["slot"] else "right"
        if self.rng.random() < 0.05:
            return self.rng.choice(["left", "right", "tie"])
        # The prompt decides as well: what is hard for one generator is easy for another.
        lean = random.Random(f"{assignment.comparison_id}").gauss(0, 1.5)
        lean = lean if int(assignment.order[0]) == 0 else -lean
        gap = self.taste[shown[0]] - self.taste[shown[1]] + lean
        weights = [math.exp(gap / 2), math.exp(-gap / 2), 0.5]
        return self.rng.choices(["left", "right", "tie"], weights)[0]


def study_with_votes():
    """Every rater gives about sixty votes; kinds come in mixed order, as people do."""
    raters = sum(CROWD.values())
    study = planned_study(
        prompts=60, generators=5, overlap=10, max_votes_per_rater=VOTES, rules=list(DEFAULT_RULES)
    )
    slots: dict[int, list[str]] = {}
    rows = ComparisonSlot.objects.filter(comparison__study=study).order_by("comparison_id", "index")
    for comparison, name in rows.values_list("comparison_id", "generator__name"):
        slots.setdefault(comparison, []).append(name)
    kinds = [kind for kind, many in CROWD.items() for _ in range(many)]
    random.Random(1).shuffle(kinds)
    trials.chance.seed(1)
    truth = {}
    for number, kind in enumerate(kinds[:raters]):
        rater, voter = rater_in(study), Voter(kind, number)
        truth[rater.public_id] = kind
        while served := assignments.next_for(rater=rater):
            for assignment in served:
                names = slots[assignment.comparison_id]
                said, pace = voter.answer(assignment, [names[int(place)] for place in assignment.order])
                votes.record(rater=rater, nonce=assignment.nonce, answer=said, evidence={"answer_ms": pace})
    return study, truth


def test_default_rules_catch_bad_raters_and_spare_honest_ones():
    study, truth = study_with_votes()
    caught = Counter(truth[rater] for rater in rules.standing(study))
    share = {kind: caught[kind] / many for kind, many in CROWD.items()}
    print({kind: f"{value:.0%}" for kind, value in share.items()})
    assert share["random"] >= 0.9
    assert share["always_left"] >= 0.9
    assert share["fast"] >= 0.9
    assert share["honest"] <= 0.05
    # And the truth comes out, although two in five did not answer honestly.
    found = ranking(study, choices(study).default).result
    truly = {name: place for place, name in enumerate(sorted(STRENGTHS, key=STRENGTHS.get, reverse=True), 1)}
    assert all(abs(row.rank - truly[row.generator]) <= 1 for row in found.rows)
