"""Studies over time: which belong together, at what time, and what is said of them; by page, API and file."""

import csv
import io
import json
import re

import numpy as np
import pytest
from django.http import QueryDict
from django.urls import reverse
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from annotations.actions import blocks, exclusions
from annotations.actions.vote_import import import_votes
from annotations.models import AuditEvent
from arena.results.charts.trends import moves, strengths_over_time
from arena.results.filters import FilterRefused
from arena.results.trend_choice import asked, candidates, related, suggested
from arena.results.trend_words import drift_words
from arena.results.trends import trends_of
from tests.arena.results.studies import HEADER, MAPPING, voted_study
from tests.factories import StudyFactory, UserFactory, draft_of_rows, open_rows

pytestmark = pytest.mark.django_db
STRENGTH = {"a": 0.9, "b": 0.3, "c": -0.3, "d": -0.9, "e": 0.5, "f": 0.0, "x": 0.0, "y": 0.4}


def study_of(folder, name, letters, *, moved=None, seed=0, raters=15, votes=360):
    """An imported study on some generators, of which some are `moved` from their strength."""
    rng = np.random.default_rng(seed)
    theta = {letter: STRENGTH[letter] + (moved or {}).get(letter, 0) for letter in letters}
    lines = []
    for number in range(votes):
        left, right = rng.choice(list(letters), size=2, replace=False)
        d = theta[left] - theta[right]
        weights = np.array([np.exp(d / 2), np.exp(-d / 2), 0.5])
        outcome = rng.choice(["left", "right", "tie"], p=weights / weights.sum())
        place = "people" if number % 2 else "places"
        lines.append(f"{left},{right},{outcome},r{number % raters},{place}{number % 8},{place}")
    path = folder / f"{name}.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return import_votes(path=path, name=name, mapping=MAPPING).study


@pytest.fixture
def spring(tmp_path):
    return study_of(tmp_path, "Spring", "abcd", seed=1)


@pytest.fixture
def autumn(tmp_path):
    return study_of(tmp_path, "Autumn", "abce", moved={"a": -1.6}, seed=2)


def query(*studies, **more):
    """Studies at stated days, a month apart each."""
    given = QueryDict(mutable=True)
    for month, study in enumerate(studies, start=1):
        given.appendlist("study", study.public_id)
        given[f"day_{study.public_id}"] = f"2026-{month:02d}-10"
    for name, value in more.items():
        given.setlist(name, value if isinstance(value, list) else [value])
    return given


def ask(*studies, **more):
    return asked(query(*studies, **more), candidates())


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory())
    return client


def shown(client, *studies, **more):
    response = client.get(reverse("trends") + "?" + query(*studies, **more).urlencode())
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def test_studies_that_share_two_generators_belong_together(spring, autumn, tmp_path):
    one = study_of(tmp_path, "One shared", "dxy", seed=3)
    alone = study_of(tmp_path, "Apart", "xy", seed=4)
    StudyFactory(name="Draft")
    known = candidates()
    assert {c.label for c in known} == {"Spring", "Autumn", "One shared", "Apart"}
    assert related(spring.public_id, known) == [spring.public_id, autumn.public_id]
    assert related(alone.public_id, known) == [alone.public_id, one.public_id]
    assert len(suggested(known)) == 2
    assert related("nothere", known) == []
    own = next(c for c in known if c.pid == one.public_id)
    assert own.shared_with(known) == 3


def test_blocks_of_one_title_are_told_apart(analyst):
    draft = draft_of_rows(name="Cubes")
    draft.blocks.update(title="Pairs")
    blocks.add(study=draft, actor=None, key="again", title="Pairs")
    pid = open_rows(draft).public_id
    keys = [pid, f"{pid}.again"]
    labels = {c.key: c.label for c in candidates()}
    assert labels == dict(
        zip(keys, [f"Cubes (Pairs, {key}, {pid})" for key in ("main", "again")], strict=True)
    )
    assert analyst.get(reverse("trends"), {"study": keys}).status_code == 200


def test_members_stand_in_the_order_of_time_and_the_address_keeps_all(spring, autumn):
    found = ask(autumn, spring, category="people", anchor=["a", "b"], exclusions="off")
    assert [m.candidate.label for m in found.members] == ["Autumn", "Spring"]
    assert found.shared == ["a", "b", "c"]
    again = asked(QueryDict(found.query[1:]), candidates())
    assert again == found
    assert found.words() == [
        "votes by people only", "excluded raters counted as well", "category people", "scale carried by a, b",
    ]  # fmt: skip
    assert ask(spring, autumn, anchor=["a", "b", "c"]).anchors == ()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"study": ["nothere"]}, "no study of pairs"),
        ({"simulated": "maybe"}, "no simulated"),
        ({"category": "nowhere"}, "no category"),
        ({"anchor": ["d"]}, "not shared"),
        ({"day": "soon"}, "not a day"),
    ],
)
def test_what_there_is_not_is_refused(spring, autumn, wrong, said):
    given = query(spring, autumn)
    for name, value in wrong.items():
        if name == "day":
            given[f"day_{spring.public_id}"] = value
        else:
            given.setlist(name, value if isinstance(value, list) else [value])
    with pytest.raises(FilterRefused, match=said):
        asked(given, candidates())


def test_who_moved_is_found_and_told(spring, autumn):
    found = trends_of(ask(spring, autumn))
    frame = found.result.by_generator.set_index("generator")
    assert frame.loc["a", "moved"]
    assert frame.loc["a", "change"] < -100
    said = dict(drift_words(found.result))
    assert "did not keep" in said["Verdict"]
    assert "a fell by" in said["Moved"]
    assert "from Spring to Autumn" in said["Moved"]
    assert found.total.votes == 720
    assert trends_of(ask(spring, autumn)) is found
    assert trends_of(ask(spring, autumn, category="people")).total.votes == 360


def test_a_vote_taken_out_makes_everything_new(spring, autumn):
    before = trends_of(ask(spring, autumn))
    rater = spring.raters.first()
    exclusions.exclude(rater=rater, reason="tired", actor=None)
    after = trends_of(ask(spring, autumn))
    assert after is not before
    assert after.total.excluded_votes == 24


def test_charts_show_each_study_at_its_time(spring, autumn, tmp_path):
    found = trends_of(ask(spring, autumn))
    chart = strengths_over_time(found.result, found.times)
    records = chart.spec["data"]["values"]
    assert len(records) == 8
    assert {r["day"] for r in records} == {"2026-01-10", "2026-02-10"}
    assert [h.text for h in chart.table.headings] == ["Generator", "Spring", "Autumn"]
    assert {row[0].text for row in chart.table.rows} == {"a ●", "b ●", "c ●", "d", "e"}
    assert len(moves(found.result).spec["data"]["values"]) == 3
    # Together and apart: many generators stand beside each other, one study alone has no chart.
    many = trends_of(ask(spring, study_of(tmp_path, "Many", "abcdefxy", seed=5)))
    assert strengths_over_time(many.result, many.times).spec["facet"]["field"] == "generator"
    single = trends_of(ask(spring))
    assert strengths_over_time(single.result, single.times) is None
    assert moves(single.result) is None


def test_studies_at_one_time_stand_side_by_side(spring, autumn):
    given = query(spring, autumn)
    given[f"day_{autumn.public_id}"] = "2026-01-10"
    found = trends_of(asked(given, candidates()))
    chart = strengths_over_time(found.result, found.times)
    assert "equal distances" in chart.description
    assert chart.spec["layer"][1]["encoding"]["x"]["field"] == "study"


def test_the_page_offers_what_belongs_together_and_answers(analyst, spring, autumn):
    start = shown(analyst)
    assert "Studies that belong together" in start
    assert "Compare 2 studies" in start
    answer = shown(analyst, spring, autumn)
    assert "Did the scale hold?" in answer
    assert 'data-name="trends"' in answer
    assert 'data-name="moves"' in answer
    assert "One ranking over all studies" in answer
    assert "state the day" not in answer
    undated = analyst.get(reverse("trends"), {"study": [spring.public_id, autumn.public_id]})
    assert "state the day" in undated.content.decode()


def test_the_form_s_choice_of_anchors_holds_for_what_it_offered(analyst, spring, autumn, tmp_path):
    many = study_of(tmp_path, "Many", "abcdef", seed=5)
    offered = ["a", "b", "c"]

    def sent(*studies, **more):
        given = query(*studies, offered=offered, simulated="without", exclusions="on", category="", **more)
        return analyst.get(reverse("trends") + "?" + given.urlencode()).url

    # All that were offered: whatever is shared from now on carries the scale.
    assert "anchor" not in sent(spring, autumn, many, anchor=offered)
    assert sent(spring, autumn, many, anchor=["a", "b"]).endswith("anchor=a&anchor=b")
    # One that goes with its study is no longer asked for.
    assert sent(spring, study_of(tmp_path, "Few", "bcxy", seed=6), anchor=["a", "b"]).endswith("anchor=b")
    assert "offered" not in sent(spring, autumn, anchor=offered)


def test_a_study_s_tab_leads_to_it_with_its_like(analyst, spring, autumn):
    response = analyst.get(reverse("results-trends", args=[spring.public_id]))
    assert response.status_code == 302
    assert response.url == f"/trends/?study={spring.public_id}&study={autumn.public_id}"
    tabs = analyst.get(reverse("results", args=[spring.public_id])).content.decode()
    assert reverse("results-trends", args=[spring.public_id]) in tabs
    assert reverse("trends") in analyst.get(reverse("studies")).content.decode()


def test_studies_without_a_common_generator_or_votes_are_told_in_words(analyst, spring, tmp_path):
    apart = study_of(tmp_path, "Apart", "xy", seed=4)
    answer = shown(analyst, spring, apart)
    assert "No two studies share a generator" in answer
    assert "Strengths by study" in answer
    assert 'data-name="trends"' not in answer
    assert "No strengths under this filter" in shown(analyst, spring, simulated="only")
    assert "Nothing to compare yet" not in answer


def test_nothing_to_compare_says_what_to_do(analyst):
    assert "Nothing to compare yet" in shown(analyst)


def test_looking_at_a_running_study_is_on_its_record(analyst):
    study = voted_study(raters=1)
    looked = AuditEvent.objects.filter(study=study, verb="results_looked")
    shown(analyst, study)
    assert looked.count() == 1
    asked_for = {"study": study.public_id}
    analyst.force_login(UserFactory(username="exporting"))
    analyst.get(reverse("trends-export", args=["csv"]), asked_for)
    by_api = APIClient()
    by_api.force_authenticate(UserFactory(username="by-api"))
    by_api.get(reverse("api-trends"), asked_for)
    assert list(looked.order_by("id").values_list("actor", flat=True)[1:]) == ["exporting", "by-api"]


@pytest.mark.parametrize("name", ["trends", "results-trends", "trends-export"])
def test_only_analysts_may_look(client, spring, name):
    arguments = {"results-trends": [spring.public_id], "trends-export": ["csv"]}.get(name, [])
    address = reverse(name, args=arguments)
    assert client.get(address).url.startswith("/accounts/login/")
    client.force_login(UserFactory(is_staff=False))
    assert client.get(address).status_code == 403


def test_the_api_answers_as_the_page_in_valid_json(spring, autumn):
    client = APIClient()
    address = reverse("api-trends") + "?" + query(spring, autumn).urlencode()
    assert client.get(address).status_code == 401
    client.force_authenticate(UserFactory(is_staff=False))
    assert client.get(address).status_code == 403
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=UserFactory()).key}")
    response = client.get(address)
    told = json.loads(response.content, parse_constant=pytest.fail)
    found = trends_of(ask(spring, autumn)).result
    assert told["drift"]["p_value"] == pytest.approx(found.drift.p_value)
    assert [row["points"] for row in told["strengths"]] == pytest.approx(list(found.strengths["points"]))
    assert told["members"][0]["name"] == "Spring"
    assert told["members"][0]["counts"]["votes"] == 360
    assert client.get(reverse("api-trends")).json()["code"] == "bad_filter"


def test_the_export_has_a_row_per_study_and_generator(analyst, spring, autumn):
    address = reverse("trends-export", args=["csv"]) + "?" + query(spring, autumn).urlencode()
    response = analyst.get(address)
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode())))
    assert len(rows) == 8
    assert {row["at"][:10] for row in rows} == {"2026-01-10", "2026-02-10"}
    assert [row["anchor"] for row in rows if row["generator"] == "d"] == ["no"]
    assert float(rows[0]["low"]) < float(rows[0]["points"]) < float(rows[0]["high"])
    for fmt in ("jsonl", "parquet"):
        other = analyst.get(address.replace(".csv", f".{fmt}"))
        assert b"".join(other.streaming_content)
    assert analyst.get(address.replace(".csv", ".xlsx")).status_code == 404
    assert analyst.get(reverse("trends-export", args=["csv"])).status_code == 404
