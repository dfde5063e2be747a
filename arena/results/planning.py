"""How many votes would a study need? What is asked, and the answer, for the page and the API."""

from dataclasses import asdict, dataclass
from typing import Any

from django import forms

from annotations.forms import DescribedForm
from arena.analytics.planning import StudyPlan, plan_study, votes_for_half_width

SHARES = (0.55, 0.6, 0.65, 0.7, 0.75, 0.8)


def _number(label: str, initial: float, low: float, high: float, help_text: str) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        initial=initial,
        min_value=low,
        max_value=high,
        help_text=help_text,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


def _whole(label: str, initial: int, low: int, high: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, initial=initial, min_value=low, max_value=high, help_text=help_text
    )


class PlanForm(DescribedForm):
    generators = _whole("Generators", 4, 2, 200, "Each is compared with every other.")
    share = _number(
        "Smallest preference worth finding",
        0.6,
        0.501,
        0.99,
        "Share of decided votes for the better of two; 0.5 is no preference.",
    )
    power = _number(
        "Power", 0.8, 0.5, 0.999, "Chance of finding that preference, if it is there, in each pair."
    )
    alpha = _number("Error", 0.05, 0.0001, 0.2, "Chance of finding any preference where there is none.")
    ties = _number("Share of ties", 0.15, 0, 0.95, "Ties and “both bad”: they decide nothing.")
    likeness = _number(
        "Likeness of one rater’s votes",
        0.05,
        0,
        1,
        "Intraclass correlation of a rater’s votes on one pair; 0 if raters had no taste of their own.",
    )
    votes_per_rater = _whole("Votes per rater", 50, 1, 100_000, "As many as one person gives.")
    seconds = _number("Seconds per vote", 8, 0.1, 3600, "With looking and zooming.")
    cost = _number("Cost per hour", 12, 0, 10_000, "What an hour of a rater’s time costs, fees included.")
    half_width = _number(
        "Half width", 0.05, 0.001, 0.4, "How exactly each pair’s share is to be known: 0.05 is ± 5 points."
    )


@dataclass(frozen=True)
class Answer:
    """`precise` is the number of votes per pair for the half width; `others` holds plans for other shares."""

    asked: dict[str, Any]
    plan: StudyPlan
    precise: int
    others: list[StudyPlan]

    def to_dict(self) -> dict[str, Any]:
        return {
            "asked": self.asked,
            "plan": asdict(self.plan),
            "votes_per_pair_for_half_width": self.precise,
            "other_shares": [
                {"share": other.pair_plan.share} | other.to_frame().to_dict("records")[0]
                for other in self.others
            ],
        }


def answer(asked: dict[str, Any]) -> Answer:
    """Of what `PlanForm` has checked."""
    plan = _plan(asked, asked["share"])
    precise = votes_for_half_width(
        asked["half_width"], tie_rate=asked["ties"], design_effect=plan.pair_plan.design_effect
    )
    return Answer(asked, plan, precise, [_plan(asked, share) for share in SHARES])


def _plan(asked: dict[str, Any], share: float) -> StudyPlan:
    return plan_study(
        asked["generators"],
        share,
        alpha=asked["alpha"],
        power=asked["power"],
        tie_rate=asked["ties"],
        icc=asked["likeness"],
        votes_per_rater=asked["votes_per_rater"],
        seconds_per_vote=asked["seconds"],
        cost_per_hour=asked["cost"],
    )
