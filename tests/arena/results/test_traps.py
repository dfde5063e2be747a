"""Data that cannot carry a number give words: on the page, in the report, by API and at the gate.

What never becomes a vote (an unknown label, a pair of a generator with itself, a rating that is no number) is
refused in words with its row; weights enter through the analytics alone.
"""

from html import unescape

import numpy as np
import pandas as pd
import pytest
from django.urls import reverse

from annotations.actions.vote_import import import_votes
from annotations.errors import ImportRefused
from annotations.models import Study
from arena.analytics.errors import AnalyticsError
from arena.analytics.ranking import rank
from arena.results.filters import FilterRefused, choices
from arena.results.gate import gate
from arena.results.report import markdown
from arena.results.report.build import build
from tests.arena.results.studies import imported
from tests.factories import UserFactory, planned_study

pytestmark = pytest.mark.django_db
PAGES = ["agreement", "comparisons", "robustness", "model", "raters", "diagnosis", "export", "report"]


def votes(*pairs: str, raters: int = 12, each: int = 2, noise: bool = True) -> list[str]:
    """A line per vote: `a>b` is won by a (but one time in four by b, if there is noise), `a=b` is a tie.
    Every rater answers every pair so many times, sides in turn."""
    rng, lines = np.random.default_rng(3), []
    for rater in range(raters):
        for turn in range(each):
            for number, pair in enumerate(pairs):
                first, said, second = pair.partition("=") if "=" in pair else pair.partition(">")
                swapped = (turn + rater + number) % 2 == 1
                won = "tie" if said == "=" else "right" if swapped else "left"
                if said == ">" and noise and pair.islower() and rng.random() < 0.25:
                    won = "left" if swapped else "right"
                left, right = (second, first) if swapped else (first, second)
                lines.append(f"{left},{right},{won},r{rater},p{number},all")
    return lines


# Small letters lose at times, a capital never does (or never wins, where it stands second).
TRAPS = {
    "winless": (votes("a>b", "a>Z", "b>Z"), "Z", "Never won nor tied, so no finite strength: Z."),
    "undefeated": (votes("a>b", "Z>a", "Z>b"), "Z", "Never lost nor tied, so no finite strength: Z."),
    "disconnected": (votes("a>b", "c>d"), "c", "The comparisons fall into 2 unconnected parts (a, b; c, d)"),
    "all ties": (votes("a=b", "b=c", "a=c"), "c", "Every vote is a tie: no generator is preferred"),
    "one rater": (votes("a>b", "b>c", "a>c", raters=1, each=12), "c", "All votes come from one rater"),
    "raters all alike": (votes("a>b", "b>a", "a>b", noise=False), "b", "All raters voted alike"),
}
NO_NUMBER = {"winless", "undefeated", "all ties"}


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory())
    return client


def page(analyst, study: Study, name: str = "results") -> str:
    response = analyst.get(reverse(name, args=[study.public_id]))
    assert response.status_code in (200, 302), name
    return unescape(response.content.decode())


def api(analyst, study: Study) -> dict:
    return analyst.get(reverse("api-ranking", args=[study.public_id])).json()


def report(study: Study) -> str:
    return markdown.render(build(study, choices(study).default)).replace("\\", "")


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_of_pairs_gives_words_on_page_report_api_and_gate(analyst, tmp_path, trap):
    lines, caught, words = TRAPS[trap]
    study = imported(tmp_path, lines)
    found = api(analyst, study)
    assert any(words in said for said in found["warnings"])
    assert words in page(analyst, study)
    said = report(study)
    assert words in said
    assert "tell it from all others." not in said
    row = next(row for row in found["rows"] if row["generator"] == caught)
    if trap in NO_NUMBER:
        assert row["points"] is row["low"] is row["rank_low"] is None
    if trap in ("one rater", "raters all alike"):
        assert row["low"] is row["high"] is row["rank_low"] is row["prob_best"] is None
    verdict = gate(study, choices(study).default, candidate=caught, baseline="a", margin=0)
    assert verdict.verdict == "undecided"
    assert verdict.reason


@pytest.mark.slow
@pytest.mark.parametrize("trap", TRAPS)
def test_every_page_opens_on_a_trap(analyst, tmp_path, trap):
    study = imported(tmp_path, TRAPS[trap][0])
    for name in PAGES:
        page(analyst, study, f"results-{name}")


def test_several_parts_have_no_common_first_place(tmp_path):
    assert "No generator comes first overall" in report(imported(tmp_path, TRAPS["disconnected"][0]))


def test_without_intervals_the_first_is_not_told_from_the_others(tmp_path):
    assert "without intervals nobody can say" in report(imported(tmp_path, TRAPS["one rater"][0]))


def test_no_votes_are_words_everywhere(analyst):
    study = planned_study(prompts=1)
    assert api(analyst, study)["status"] == "no_votes"
    assert "No votes yet" in page(analyst, study)
    assert "No votes were counted." in report(study)
    verdict = gate(study, choices(study).default, candidate="generator-0", baseline="generator-1", margin=0)
    assert (verdict.verdict, "There are no votes" in verdict.reason) == ("undecided", True)
    for name in PAGES:
        page(analyst, study, f"results-{name}")


def test_one_generator_gives_the_reason_and_the_gate_asks_for_two(tmp_path):
    """Pairs of one generator cannot be stored, so that only the analytics meet them."""
    found = rank(pd.DataFrame({"left": [], "right": [], "outcome": []}), generators=("a",))
    assert found.warnings
    assert [row.points for row in found.rows] == [None]
    study = imported(tmp_path, votes("a>b"))
    with pytest.raises(FilterRefused, match="Candidate and baseline are the same"):
        gate(study, choices(study).default, candidate="a", baseline="a", margin=0)


REFUSED = {
    "unknown label": ("a,b,maybe,r0,p0,all", "the outcome “maybe” is not known"),
    "self-pair": ("a,a,left,r0,p0,all", "a is compared with itself"),
    "no rater": ("a,b,left,,p0,all", "the field is blank"),
}


@pytest.mark.parametrize("trap", REFUSED)
def test_a_row_that_is_no_vote_is_refused_with_its_number_and_nothing_is_stored(tmp_path, trap):
    line, words = REFUSED[trap]
    with pytest.raises(ImportRefused) as refused:
        imported(tmp_path, [*votes("a>b", raters=1), line])
    [problem] = refused.value.details
    assert (problem["row"], problem["reason"]) == (4, words)
    assert problem["mend"]
    assert not Study.objects.exists()


@pytest.mark.parametrize("rating", ["NaN", "-1", "0", "6", "3.5", "inf", "three"])
def test_a_rating_that_is_none_is_refused_with_its_row(tmp_path, rating):
    path = tmp_path / "ratings.csv"
    path.write_text(f"m,v,who\na,5,kim\nb,{rating},kim\n")
    with pytest.raises(ImportRefused) as refused:
        import_votes(path=path, name="x", mapping={"generator": "m", "rating": "v", "rater": "who"})
    assert refused.value.details[0]["row"] == 3
    assert not Study.objects.exists()


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_a_weight_that_is_none_is_refused_with_its_row(weight):
    frame = pd.DataFrame({"left": ["a", "b"], "right": ["b", "a"], "outcome": ["left", "left"]})
    with pytest.raises(AnalyticsError, match="Row 2"):
        rank(frame.assign(weight=[1.0, weight]))


def rated(folder, rows: list[str]) -> Study:
    path = folder / "ratings.csv"
    path.write_text("\n".join(["m,v,who,p", *rows, ""]))
    mapping = {"generator": "m", "rating": "v", "rater": "who", "prompt": "p"}
    return import_votes(path=path, name="Ratings", mapping=mapping).study


def test_constant_ratings_have_no_agreement_and_no_interval(analyst, tmp_path):
    rows = [f"{name},4,r{rater},p{n}" for name in "ab" for rater in range(3) for n in range(4)]
    study = rated(tmp_path, rows)
    words = "there is no variation against which to judge agreement"
    found = api(analyst, study)
    assert all("undefined" in own["alpha"] for own in found["agreement"].values())
    assert all(row["mean"]["low"] is None and row["mean"]["note"] for row in found["rows"])
    for said in (page(analyst, study), page(analyst, study, "results-agreement"), report(study)):
        assert words in said
    assert "share the highest mean" in report(study)


def test_two_raters_without_a_common_item_have_no_agreement(analyst, tmp_path):
    rows = [f"{name},{1 + n},r{n % 2},p{n}" for name in "ab" for n in range(4)]
    study = rated(tmp_path, rows)
    words = "No item was rated by two raters"
    assert all(own["alpha"]["undefined"] for own in api(analyst, study)["agreement"].values())
    for said in (page(analyst, study), page(analyst, study, "results-agreement"), report(study)):
        assert words in said
