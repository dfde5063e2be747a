"""Rankings that use more of the answers."""

from dataclasses import replace

import numpy as np
import pytest
from django.urls import reverse

from annotations.actions import blocks, preparation, studies
from arena.analytics.recount import read_votes, recount
from arena.analytics.result import Undefined
from arena.results.export import export
from arena.results.filters import choices
from arena.results.rankings import ranking
from arena.results.report import markdown
from arena.results.report.build import build
from arena.results.scale_words import (
    agreement_words,
    blocks_table,
    points_table,
    severity_tables,
    severity_words,
    slopes_table,
)
from arena.results.scales import by_severity, graded, joint
from tests.arena.results.studies import answer, report_of, voted_study
from tests.factories import UserFactory, draft_study, launched_study, rater_in, vote_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_a_severe_rater_is_told_from_poor_pictures():
    study = voted_study(raters=1, protocol="likert", check_every=0, overlap=3, prompts=6)
    severe = [rater_in(study) for _ in range(2)]
    key = study.block.criteria.first().key
    names = list(study.block.criteria.values_list("key", flat=True))

    def rating(low):
        def said(assignment):
            name = assignment.comparison.slots.get().generator.name
            return dict.fromkeys(names, (1 if low else 3) + (ord(name[-1]) + assignment.pk % 2) % 3)

        return said

    vote_all(severe[0], rating(low=True))
    vote_all(severe[1], rating(low=False))
    found = by_severity(study, choices(study).default)
    first = found[0]
    assert first.label == study.block.criteria.get(key=key).label
    by_rater = first.found.severity.set_index("rater")["severity"]
    assert by_rater[severe[0].public_id] > by_rater[severe[1].public_id]
    assert len(severity_tables(found)) == len(names)
    assert severe[0].public_id in dict(severity_words(found))[first.label]


def test_one_rater_has_no_severity():
    study = voted_study(raters=1, protocol="likert", check_every=0)
    found = by_severity(study, choices(study).default)
    assert isinstance(found[0].found, Undefined)
    assert severity_tables(found) == []


def test_graded_answers_rank_by_how_clearly_too():
    study = voted_study(raters=3, check_every=0, graded=True)
    found = graded(study, choices(study).default)
    rows = points_table("Points", found).rows
    assert [row[0].text for row in rows] == [row.generator for row in found.rows]
    assert found.rows[0].generator == min(row.generator for row in found.rows)
    plain = voted_study(raters=1, check_every=0)
    assert graded(plain, choices(plain).default) is None


def test_grades_are_a_method_to_rank_by(client):
    study = voted_study(raters=4, check_every=0, graded=True, prompts=6)
    offered = choices(study)
    assert "graded" in dict(offered.methods)
    chosen = replace(offered.default, method="graded")
    found = ranking(study, chosen)
    own = graded(study, offered.default)
    assert [row.points for row in found.result.rows] == [row.points for row in own.rows]
    assert set(found.by_category) == set(study.prompts.values_list("category", flat=True))
    anchored = ranking(study, replace(chosen, baseline=found.result.rows[-1].generator)).result
    assert anchored.rows[-1].points == pytest.approx(1000)
    plain = voted_study(raters=1, check_every=0)
    assert "graded" not in dict(choices(plain).methods)
    client.force_login(UserFactory())
    for name in ("results", "results-robustness", "results-agreement", "results-model", "results-export"):
        answer = client.get(reverse(name, args=[study.public_id]), {"method": "graded"})
        assert answer.status_code == 200
    page = client.get(reverse("results", args=[study.public_id]), {"method": "graded"}).content.decode()
    assert "Cumulative link" in page
    text = report_of(client, study, "md", "?method=graded").decode()
    assert "ranked by how clearly one was preferred" in text
    assert "cumulative link model uses that" in text
    told = client.get(reverse("api-ranking", args=[study.public_id]), {"method": "graded"}).json()
    assert told["rows"][0]["points"] == found.result.rows[0].points
    refused = client.get(reverse("results", args=[plain.public_id]), {"method": "graded"})
    assert refused.status_code == 400


def test_grades_without_votes_say_so(client):
    study = launched_study(graded=True)
    found = ranking(study, replace(choices(study).default, method="graded"))
    assert found.result.status == "no_votes"
    client.force_login(UserFactory())
    for name in ("results", "results-robustness", "results-report"):
        address = reverse(name, args=[study.public_id])
        assert client.get(address, {"method": "graded"}).status_code == 200


@pytest.mark.parametrize("fmt", ["csv", "parquet"])
def test_a_recount_by_grades_gives_the_page_s_ranking(tmp_path, fmt):
    study = launched_study(prompts=4, overlap=3, check_every=0, graded=True)
    rng = np.random.default_rng(3)

    def clearly(assignment):
        said = answer(assignment, rng)["overall"]
        much = said in ("left", "right") and rng.random() < 0.5
        return {"overall": f"much_{said}" if much else said}

    for _ in range(3):
        vote_all(rater_in(study), clearly)
    chosen = replace(choices(study).default, method="graded")
    path = tmp_path / f"votes.{fmt}"
    path.write_bytes(b"".join(export("votes", fmt, study, chosen, choices(study))))
    page, again = ranking(study, chosen).result, recount(read_votes(path), method="graded")
    assert [row.points for row in again.rows] == pytest.approx([row.points for row in page.rows], abs=1e-9)
    assert [row.low for row in again.rows] == pytest.approx([row.low for row in page.rows], abs=1e-9)
    assert again.method == page.method
    plain = recount(read_votes(path))
    assert [row.points for row in plain.rows] != pytest.approx([row.points for row in page.rows], abs=1e-3)


def test_several_blocks_share_one_scale():
    study = draft_study(prompts=8, overlap=3, check_every=0)
    blocks.add(study=study, actor=None, protocol="likert", title="Ratings")
    studies.launch(study=study, actor=None)
    preparation.prepare(study=study)
    study.refresh_from_db()
    rng = np.random.default_rng(0)
    second = study.blocks.last()

    def both(assignment):
        if assignment.comparison.block_id != second.pk:
            return answer(assignment, rng)
        name = assignment.comparison.slots.get().generator.name
        points = 4 - ord(name[-1]) % 3 + int(rng.integers(-1, 2))
        return dict.fromkeys(second.criteria.values_list("key", flat=True), max(1, points))

    before = joint(study, choices(study).default)
    assert before.code == "one_block"
    for _ in range(3):
        vote_all(rater_in(study), both)
    found = joint(study, choices(study).default)
    assert len(found.slopes) == 2
    assert len(slopes_table(found).rows) == 2
    assert len(found.ranking.rows) == 3
    assert agreement_words(found)
    assert blocks_table(found) is None or len(blocks_table(found).headings) == 5
    text = markdown.render(build(study, choices(study).default))
    for said in (
        "With more of the answers",
        "severities spread",
        "All blocks on one scale",
        "Do the blocks say",
    ):
        assert said in text
    assert "McCullagh" in text
