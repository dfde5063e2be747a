"""The gallery of prompts, for every protocol."""

import pytest
from django.urls import reverse

from annotations.actions import blocks
from annotations.models import Image
from arena.results import prompts
from arena.results.filters import choices
from arena.results.rankings import ranking
from tests.arena.results.studies import imported, voted_study
from tests.arena.results.test_machines import by_name, metric, score
from tests.factories import UserFactory, draft_of_rows, launched_study, open_rows, rater_in, vote_all

pytestmark = pytest.mark.django_db
PLAIN = {"check_every": 0, "repeat_share": 0}


def names_shown(assignment) -> list[str]:
    slots = {slot.index: slot.generator.name for slot in assignment.comparison.slots.all()}
    return [slots[int(index)] for index in assignment.order]


def earliest_first(assignment) -> dict:
    """generator-0 before generator-1 before generator-2, whatever is asked."""
    shown = names_shown(assignment)
    ordered = sorted(range(len(shown)), key=shown.__getitem__)
    match assignment.comparison.block.protocol:
        case "best_of_n":
            return {"best": ordered[0]}
        case "ranking":
            return {"ranking": ordered}
        case "failure_review":
            return {"failures": [] if shown == ["generator-0"] else ["face"]}
        case "likert":
            stars = {"generator-0": 5, "generator-1": 3, "generator-2": 1}[shown[0]]
            return dict.fromkeys(assignment.comparison.block.criteria.values_list("key", flat=True), stars)
    return {"overall": ("left", "right")[ordered[0]]}


def mixed_study():
    study = draft_of_rows(prompts=2, overlap=1, protocol="best_of_n", size=3, **PLAIN)
    others = {"ranking": {"size": 3}, "failure_review": {}, "likert": {}, "pairwise": {}}
    for protocol, more in others.items():
        blocks.add(study=study, actor=None, key=f"b-{protocol[:4]}", protocol=protocol, **more)
    study = open_rows(study)
    vote_all(rater_in(study), earliest_first)
    return study


def test_every_protocol_says_which_picture_people_like_best():
    study = mixed_study()
    for block in study.blocks.all():
        found = prompts.pictures(study, choices(study, block.key).default)
        human = found.groupby("generator")["human"].mean()
        assert human["generator-0"] == human.max() > human["generator-2"], block.protocol
        assert set(found["prompt"]) == {"p0", "p1"}, block.protocol


def test_a_best_of_n_block_is_ranked_beside_a_ranking_block():
    study = mixed_study()
    for key in ("main", "b-rank"):
        result = ranking(study, choices(study, key).default).result
        assert result.rows[0].generator == "generator-0", key
        assert result.rows[0].wins > 0, key


def test_prompts_are_sorted_by_margin_and_by_what_the_metric_would_lose(tmp_path):
    lines = ["a,b,left,r1,clear,x", "a,b,left,r2,clear,x", "a,b,left,r1,split,x", "a,b,right,r2,split,x"]
    study = imported(tmp_path, lines)
    found = prompts.pictures(study, choices(study).default)
    assert prompts.order(found, "margin") == ["clear", "split"]
    assert prompts.order(found, "disagreement") == ["split", "clear"]
    # The metric chooses b in both, which loses all where everybody prefers a and nothing where they split.
    chosen = found.assign(picked=found["generator"] == "b")
    assert prompts.order(chosen, "surprise") == ["clear"]


def test_the_metric_chooses_one_picture_of_each_prompt():
    study = voted_study(raters=1, check_every=0)
    own = metric()
    score(study, own, by_name)
    found = prompts.scored(prompts.pictures(study, choices(study).default), own)
    picked = found[found["picked"]]
    assert sorted(picked["prompt"]) == sorted(study.prompts.values_list("key", flat=True))
    best = {image.pk: by_name(image) for image in Image.objects.filter(study=study)}
    assert {best[image] for image in picked["image"]} == {max(best.values())}


def test_the_page_shows_pictures_with_what_people_and_the_metric_say(client):
    study = voted_study(raters=1, check_every=0)
    score(study, metric(), by_name)
    client.force_login(UserFactory())
    address = reverse("results-prompts", args=[study.public_id])
    page = client.get(address).content.decode()
    for image in Image.objects.filter(study=study):
        assert reverse("image-thumbnail", args=[image.public_id]) in page
        assert reverse("image-file", args=[image.public_id]) in page
    assert "metric’s choice" in page
    assert "Its comparisons" in page
    assert client.get(address, {"sort": "luck"}).status_code == 400


def test_a_study_without_votes_says_so(client):
    study = launched_study(prompts=2, overlap=1, **PLAIN)
    client.force_login(UserFactory())
    page = client.get(reverse("results-prompts", args=[study.public_id])).content.decode()
    assert "No votes yet" in page
