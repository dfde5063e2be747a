"""Simulated raters with a known taste. Every row they leave is marked simulated."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from annotations.actions import assignments, raters, votes
from annotations.models import Assignment, Block, Panel, Pick, Protocol, Rater

# What a flaw costs in logits. With how often each occurs, the mean utilities give pictures.TRUE_ORDER.
COST = {"": 0.0, "noise": 0.7, "wrong count": 1.3, "wrong colour": 2.6}
# What a failure review calls it.
FAILURE = {"noise": "artefact", "wrong count": "object_count", "wrong colour": "attribute_binding"}
TIE = 0.55  # Davidson's ν
LEFT_PULL = 0.12  # a slight preference for whatever stands on the left, in logits


@dataclass(frozen=True)
class Temper:
    """How a simulated rater answers: taste varies by `spread`; a careless one does not look."""

    spread: float
    pace_ms: float
    careless: bool = False


class SimulatedRater:
    def __init__(self, panel: Panel, temper: Temper, rng: np.random.Generator) -> None:
        self.rng = rng
        self.temper = temper
        self.severity = {flaw: cost * math.exp(rng.normal(0, temper.spread)) for flaw, cost in COST.items()}
        self.lenience = rng.normal(0, 0.35)
        self.rater: Rater = enter(panel)

    def vote(self, wanted: int) -> int:
        """Answers up to `wanted` assignments; returns how many."""
        done = 0
        # Never more than will be answered: what a rater holds, nobody else can have.
        while done < wanted and (
            batch := assignments.next_for(rater=self.rater, count=min(3, wanted - done))
        ):
            for assignment in batch:
                votes.record(
                    rater=self.rater,
                    nonce=assignment.nonce,
                    answer=self.answer(assignment),
                    evidence=self.evidence(),
                )
                done += 1
        return done

    def answer(self, assignment: Assignment) -> dict[str, Any]:
        block = assignment.comparison.block
        slots = {slot.index: slot for slot in assignment.comparison.slots.select_related("image")}
        flaws = [slots[int(index)].image.metadata.get("flaw", "") for index in assignment.order]
        utilities = [-self.severity[flaw] for flaw in flaws]
        expected = assignment.comparison.expected
        if expected is not None and not self.temper.careless and self.rng.random() < 0.97:
            return right_answer(assignment)
        if block.protocol == Protocol.LIKERT:
            return self.rate(assignment, utilities[0])
        if block.protocol == Protocol.FAILURE_REVIEW:
            return self.review(flaws[0])
        if block.protocol == Protocol.PAIRWISE:
            return {"overall": self.choose(utilities)}
        # Gumbel's noise on utilities: the order drawn follows Plackett and Luce.
        ranking = [
            int(at) for at in np.argsort(-(np.array(utilities) + self.rng.gumbel(size=len(utilities))))
        ]
        return {"ranking": ranking} if block.protocol == Protocol.RANKING else best_of(block, ranking)

    def review(self, flaw: str) -> dict[str, Any]:
        """Sees most flaws, and now and then one that is not there."""
        seen = [FAILURE[flaw]] if flaw and self.rng.random() < 0.85 else []
        return {"failures": seen or (["artefact"] if self.rng.random() < 0.05 else [])}

    def choose(self, utilities: list[float]) -> str:
        if self.temper.careless:
            return str(self.rng.choice(["left", "right"], p=[0.7, 0.3]))
        left, right = utilities[0] + LEFT_PULL, utilities[1]
        half = (left - right) / 2
        weights = np.array([math.exp(half), math.exp(-half), TIE])
        outcome = str(self.rng.choice(["left", "right", "tie"], p=weights / weights.sum()))
        both_poor = max(utilities) < -1.0
        return "both_bad" if outcome == "tie" and both_poor and self.rng.random() < 0.6 else outcome

    def rate(self, assignment: Assignment, utility: float) -> dict[str, int]:
        ratings = {}
        for criterion in assignment.comparison.block.criteria.all():
            if self.temper.careless:
                ratings[criterion.key] = int(self.rng.integers(1, 6))
                continue
            latent = 4.6 + utility * 1.1 + self.lenience + self.rng.normal(0, 0.6)
            ratings[criterion.key] = int(np.clip(round(latent), 1, 5))
        return ratings

    def evidence(self) -> dict[str, Any]:
        pace = 450 if self.temper.careless else self.temper.pace_ms
        return {
            "decoded_ms": int(self.rng.gamma(4, 45)),
            "answer_ms": int(pace * math.exp(self.rng.normal(0, 0.4))),
            "viewport_width": 1440,
            "viewport_height": 900,
            "device_pixel_ratio": 1.0,
            "zoomed": bool(self.rng.random() < 0.08),
        }


def enter(panel: Panel) -> Rater:
    rater, _ = raters.enter(panel=panel, simulated=True)
    consent = panel.study.consents.order_by("-version").first()
    raters.consent(rater=rater, version=consent.version)
    raters.read_instructions(rater=rater)
    rater.refresh_from_db()
    return rater


def best_of(block: Block, ranking: list[int]) -> dict[str, Any]:
    worst = {"worst": ranking[-1]} if block.pick == Pick.BEST_AND_WORST else {}
    return {"best": ranking[0]} | worst


def right_answer(assignment: Assignment) -> dict[str, Any]:
    """What an attentive rater says to an attention check."""
    expected, order, block = assignment.comparison.expected, assignment.order, assignment.comparison.block
    if block.protocol == Protocol.LIKERT:
        ratings = {criterion.key: 4 for criterion in block.criteria.all()}
        return ratings | {key: low for key, (low, _) in expected["ratings"].items()}
    if block.protocol == Protocol.FAILURE_REVIEW:
        return {"failures": expected.get("failures", [])}
    if block.protocol == Protocol.PAIRWISE:
        return {"overall": ("left", "right")[order.index(str(expected["slot"]))]}
    ends = {name: order.index(str(slot)) for name, slot in expected.items()}
    middle = [at for at in range(len(order)) if at not in ends.values()]
    first, last = ([ends[name]] if name in ends else [] for name in ("best", "worst"))
    ranking = first + middle + last
    return {"ranking": ranking} if block.protocol == Protocol.RANKING else best_of(block, ranking)


def tempers(count: int, careless: int, rng: np.random.Generator) -> list[Temper]:
    return [
        Temper(spread=0.3, pace_ms=float(rng.uniform(2200, 6500)), careless=number < careless)
        for number in range(count)
    ]
