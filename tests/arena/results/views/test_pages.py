import json
import re

import pytest
from django.urls import reverse

from annotations.actions import exclusions
from annotations.models import AuditEvent
from tests.arena.results.studies import busiest, imported, noisy_lines, voted_study
from tests.arena.results.test_machines import by_name, metric, score
from tests.factories import StudyFactory, UserFactory, launched_study, rater_in, vote_all

pytestmark = pytest.mark.django_db
PAGES = (
    "results",
    "results-agreement",
    "results-comparisons",
    "results-robustness",
    "results-model",
    "results-intervals",
    "results-joint",
    "results-raters",
    "results-diagnosis",
    "results-report",
    "results-scores",
    "results-metrics",
    "results-export",
)


@pytest.fixture
def analyst(client):
    client.force_login(UserFactory())
    return client


def page(client, name, study, query=""):
    response = client.get(reverse(name, args=[study.public_id]) + query, follow=True)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize("name", PAGES)
def test_visitors_are_asked_to_log_in(client, name):
    response = client.get(reverse(name, args=["anything"]))
    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/")


@pytest.mark.parametrize("name", PAGES)
def test_accounts_that_are_not_staff_are_told_so(client, name):
    client.force_login(UserFactory(is_staff=False))
    response = client.get(reverse(name, args=["anything"]))
    assert response.status_code == 403
    assert "may not see results" in response.content.decode()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("protocol", ["pairwise", "likert", "best_of_n", "ranking", "failure_review"])
def test_every_page_opens_before_the_first_vote(analyst, name, protocol):
    page(analyst, name, StudyFactory(protocol=protocol))


def test_a_study_without_votes_says_what_to_do_next(analyst):
    assert "No votes yet" in page(analyst, "results", launched_study())


def test_the_ranking_names_generators_intervals_and_conditions(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines())
    text = page(analyst, "results", study)
    assert "240 votes by 12 raters" in text
    assert study.design_hash in text
    assert "clustered by rater" in text
    assert "Krippendorff" in text
    table = text.split('id="ranking"')[1].split("</table>")[0]
    names = re.findall(r'<th scope="row"><a [^>]*>(\w+)</a></th>', table)
    assert names == ["a", "b", "c", "d"]


def test_first_votes_that_leave_no_strength_draw_no_empty_charts(analyst, tmp_path):
    lines = ["a,b,left,r0,p0,people", "c,d,right,r0,p1,places"]
    text = page(analyst, "results", imported(tmp_path, lines))
    assert "no finite strength" in text
    assert 'type="application/json"' not in text


def test_specs_on_the_page_are_json(analyst, tmp_path):
    text = page(analyst, "results", imported(tmp_path, noisy_lines()))
    specs = re.findall(r'<script id="[\w-]+" type="application/json">(.*?)</script>', text)
    assert len(specs) == 3
    assert all(json.loads(spec)["$schema"].endswith("v6.json") for spec in specs)


def test_a_generator_named_like_markup_stays_text(analyst, tmp_path):
    lines = [line.replace("a,", "</script><b>x,", 1) for line in noisy_lines(60)]
    text = page(analyst, "results", imported(tmp_path, lines))
    assert "</script><b>x" not in text
    assert "&lt;/script&gt;&lt;b&gt;x" in text


@pytest.mark.long
def test_a_vote_shows_at_the_next_look(analyst):
    study = launched_study(overlap=1, check_every=0)
    rater = rater_in(study)
    vote_all(rater, most=3)
    assert "3 votes by 1 rater" in page(analyst, "results", study)
    vote_all(rater, most=1)
    assert "4 votes by 1 rater" in page(analyst, "results", study)


@pytest.mark.slow
def test_simulated_votes_are_marked_on_every_page_that_counts_them(analyst):
    study = voted_study(raters=2, simulated=2)
    by = metric()
    score(study, by, by_name)
    for name in PAGES[:4]:
        assert "All votes counted here were made by simulated raters" in page(analyst, name, study)
    assert "simulated raters, not by people" not in page(analyst, "results", study, "?simulated=without")


def test_a_filter_that_leaves_nothing_offers_to_widen_it(analyst):
    study = voted_study(raters=2, simulated=2, check_every=0)
    text = page(analyst, "results", study, "?simulated=without")
    assert "No votes under this filter" in text


def test_an_unknown_filter_is_explained(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    response = analyst.get(reverse("results", args=[study.public_id]), {"category": "nowhere"})
    assert response.status_code == 400
    assert "no category “nowhere”" in response.content.decode()


def test_an_elo_ranking_says_that_it_has_no_interval(analyst, tmp_path):
    text = page(analyst, "results", imported(tmp_path, noisy_lines(60)), "?method=elo")
    assert "depends on the order of votes and has no interval" in text


def test_unconnected_parts_are_ranked_apart(analyst, tmp_path):
    lines = noisy_lines(60) + [f"x,y,{'left' if n % 3 else 'right'},r{n % 5},p{n},z" for n in range(20)]
    text = page(analyst, "results", imported(tmp_path, lines))
    assert "Part 2 of 2: compared among themselves only" in text
    assert "unconnected parts" in text


@pytest.mark.slow
def test_opinion_scores_of_a_likert_study(analyst):
    text = page(analyst, "results", voted_study(raters=2, protocol="likert"))
    assert "Mean opinion scores" in text
    assert "α (ordinal)" in text


@pytest.mark.long
def test_ratings_have_an_agreement_page_of_their_own(analyst):
    text = page(analyst, "results-agreement", voted_study(raters=2, protocol="likert"))
    assert "ICC(1,1)" in text
    assert "Cohen’s κ" in text


@pytest.mark.long
def test_a_closer_look_at_raters_says_what_it_cannot_say(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines())
    text = page(analyst, "results-diagnosis", study)
    assert "not rules" in text
    assert "look like guesses" in text
    assert len(re.findall(r'<th scope="row">', text.split('id="diagnosis-1"')[1].split("</table>")[0])) == 12


@pytest.mark.long
def test_excluding_and_lifting_takes_two_clicks_and_is_recorded(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(60, raters=4))
    rater = busiest(study)
    address = [study.public_id, rater.public_id]
    response = analyst.post(
        reverse("rater-exclude", args=address), {"reason": "bot", "back": "category=people"}
    )
    assert response.url == reverse("results-raters", args=[study.public_id]) + "?category=people"
    assert "1 excluded rater" in page(analyst, "results", study)
    assert "bot" in page(analyst, "results-raters", study)
    analyst.post(reverse("rater-lift", args=address))
    assert "excluded rater" not in page(analyst, "results", study).split("How this was computed")[1]
    verbs = list(AuditEvent.objects.filter(study=study).order_by("sequence").values_list("verb", flat=True))
    assert verbs[-2:] == ["rater_excluded", "exclusion_lifted"]


def test_excluding_needs_a_reason_and_a_post(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    address = reverse("rater-exclude", args=[study.public_id, busiest(study).public_id])
    assert analyst.get(address).status_code == 405
    assert analyst.post(address, {"reason": " "}).status_code == 400
    assert not busiest(study).exclusions.exists()


def test_a_rater_of_another_study_cannot_be_excluded_here(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    other = rater_in(launched_study())
    address = reverse("rater-exclude", args=[study.public_id, other.public_id])
    assert analyst.post(address, {"reason": "bot"}).status_code == 404


@pytest.mark.long
def test_scores_stand_beside_votes(analyst):
    study, by = voted_study(raters=2), metric()
    score(study, by, by_name)
    text = page(analyst, "results-scores", study)
    assert "Test score per generator" in text
    assert "the rater preferred the picture with the better score" in text
    assert "too few for a rank correlation" in text
    assert "version 1" in text


@pytest.mark.long
def test_a_metric_without_a_better_direction_is_not_judged(analyst):
    study, by = voted_study(raters=1), metric(higher_is_better=None)
    score(study, by, by_name)
    assert "has no better direction" in page(analyst, "results-scores", study)


def test_votes_made_elsewhere_have_nothing_to_score(analyst, tmp_path):
    assert "nothing to score" in page(analyst, "results-scores", imported(tmp_path, noisy_lines(30)))


def test_the_recount_command_follows_the_filter(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    text = page(analyst, "results-export", study, "?category=people&method=elo")
    assert f"recount votes-{study.public_id}.csv --method elo --where category=people" in text


def test_the_recount_command_counts_excluded_raters_where_the_page_does(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    assert "--exclusions off" in page(analyst, "results-export", study, "?exclusions=off")


def test_a_download_is_a_named_stream(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    response = analyst.get(reverse("export", args=[study.public_id, "votes", "csv"]))
    assert response.streaming
    assert response["Content-Disposition"] == f'attachment; filename="votes-{study.public_id}.csv"'
    assert len(b"".join(response.streaming_content).splitlines()) == 31


def test_an_unknown_export_is_explained(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(30))
    assert analyst.get(reverse("export", args=[study.public_id, "secrets", "csv"])).status_code == 404


def test_an_excluded_rater_can_be_counted_by_the_address(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines(60, raters=4))
    exclusions.exclude(rater=busiest(study), reason="bot", actor="ana")
    assert "60 votes by 4 raters" in page(analyst, "results", study, "?exclusions=off")
    assert "45 votes by 3 raters" in page(analyst, "results", study)


@pytest.mark.long
def test_two_generators_are_held_against_each_other_picture_by_picture(analyst):
    study = voted_study()
    names = sorted(set(study.images.values_list("generator__name", flat=True)))
    text = page(analyst, "results-comparisons", study, f"?first={names[0]}&second={names[1]}")
    assert f"{names[0]} against {names[1]}" in text
    assert "Of decided votes between them" in text
    assert text.count("data-picture") == 2 * text.count('class="comparison card"') > 0


@pytest.mark.long
def test_the_gallery_orders_comparisons_and_refuses_unknown_orders(analyst):
    study = voted_study()
    text = page(analyst, "results-comparisons", study, "?sort=margin")
    assert "6 comparisons" in text
    nowhere = page(analyst, "results-comparisons", study, "?prompt=nowhere")
    assert "No such comparisons" in nowhere
    assert "No votes yet" not in nowhere
    response = analyst.get(reverse("results-comparisons", args=[study.public_id]) + "?sort=beauty")
    assert response.status_code == 400


@pytest.mark.long
def test_robustness_says_what_decides_first_place(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines())
    text = page(analyst, "results-robustness", study)
    assert "As on the page" in text
    assert "would lead, not" in text
    assert "Raters whose votes move the ranking most" in text


@pytest.mark.long
def test_a_rule_hit_is_shown_with_its_evidence_and_can_be_overruled(analyst, tmp_path):
    study = imported(tmp_path, noisy_lines())
    study.rules = [{"rule": "side_share", "above": 0.5, "at_least": 10}]
    study.save(update_fields=["rules"])
    text = page(analyst, "results-raters", study)
    assert "Left out by a rule" in text
    assert "of 20 decided votes" in text or "decided votes" in text
    rater = next(
        r.public_id for r in study.raters.all() if f"/{r.public_id}/rules/side_share/overrule/" in text
    )
    address = reverse("rule-overrule", args=[study.public_id, rater, "side_share"])
    response = analyst.post(address, {"reason": "Checked by hand"}, follow=True)
    assert "Counted, rule overruled" in response.content.decode()
    response = analyst.post(reverse("rule-restore", args=[study.public_id, rater, "side_share"]), follow=True)
    assert "Counted, rule overruled" not in response.content.decode()


@pytest.mark.slow
def test_a_metric_held_against_people_leads_to_the_comparisons_it_gets_wrong(analyst):
    study = voted_study(raters=3, check_every=0)
    score(study, metric(), lambda image: -by_name(image))
    text = page(analyst, "results-metrics", study)
    assert "Decided votes and ties" in text
    assert "nothing to be held against" in text
    address = re.search(r'id="surprises".*?href="([^"]+)"', text).group(1).replace("&amp;", "&")
    linked = analyst.get(address).content.decode()
    assert "1 comparison<" in re.sub(r"\s+", " ", linked)


def test_the_model_page_says_whether_it_fits_and_which_pairs_are_decided(analyst, tmp_path):
    text = page(analyst, "results-model", imported(tmp_path, noisy_lines()))
    assert "degrees of freedom" in text
    assert "of 6 pairs are decided" in text
    assert "These votes came without pictures" in text


@pytest.mark.slow
def test_ratings_are_also_ranked_with_severity_taken_out(analyst):
    text = page(analyst, "results", voted_study(raters=3, protocol="likert", check_every=0))
    assert "With raters’ severity taken out" in text
    assert 'id="severity-1"' in text
