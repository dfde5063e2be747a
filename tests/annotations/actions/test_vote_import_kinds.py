"""Votes made elsewhere that are no pairs with sides: ratings, rankings, best-of-N answers, preferences.

The extracts have the shape of files that others published: DSG and TIFA ratings, ImageReward rankings, and
the sharpening study of Krasula et al. (IEEE TIP 2017).
"""

import pytest

from annotations.actions.vote_import import import_votes
from annotations.errors import ImportRefused
from annotations.models import Comparison, Vote
from arena.results import filters, opinions, rankings

pytestmark = pytest.mark.django_db
LIKERT = """model_type,item_id,worker_id,answer
mini-dalle,tifa160_143,4375840905,3
mini-dalle,tifa160_143,4375843592,5
sd2dot1,tifa160_143,4375840905,4
sd2dot1,tifa160_143,4375843592,5
"""
LIKERT_MAP = {"generator": "model_type", "rating": "answer", "rater": "worker_id", "prompt": "item_id"}
RANKS = "prompt_id,image_index,rank\n005658-0040,2,1\n005658-0040,0,3\n005658-0040,1,3\n005658-0041,0,1\n"
RANKS += "005658-0041,1,2\n"
RANKS_MAP = {"ballot": "prompt_id", "generator": "image_index", "rank": "rank", "prompt": "prompt_id"}


def run(folder, text, mapping, **options):
    path = folder / "votes.csv"
    path.write_text(text)
    return import_votes(path=path, name="Elsewhere", mapping=mapping, **options)


def said(study):
    return [(vote.order, vote.answer) for vote in study.votes.order_by("id")]


def first_filters(study):
    return filters.asked({}, study)[1]


def test_ratings_become_a_block_of_ratings(tmp_path):
    done = run(tmp_path, LIKERT, LIKERT_MAP)
    block = done.study.block
    assert (done.votes, done.raters, done.generators) == (4, 2, 2)
    assert (block.protocol, block.points) == ("likert", 5)
    assert said(done.study) == [("0", {"overall": n}) for n in (3, 5, 4, 5)]
    scores = opinions.opinions(done.study, first_filters(done.study)).scores
    assert {row.generator: row.mean.value for row in scores.rows} == {"sd2dot1": 4.5, "mini-dalle": 4.0}


def test_agreement_of_imported_ratings_goes_by_picture(tmp_path):
    study = run(tmp_path, LIKERT, LIKERT_MAP).study
    assert Comparison.objects.filter(study=study).count() == 2
    agreement = opinions.opinions(study, first_filters(study)).scores.agreement["overall"]
    assert agreement.items == 2


def test_each_rated_criterion_becomes_one(tmp_path):
    text = "m,look,fit,who\na,3,7,kim\nb,1,,kim\n"
    mapping = {"generator": "m", "rating.look": "look", "rating.fit": "fit", "rater": "who"}
    study = run(tmp_path, text, mapping, points=7).study
    assert [answer for _, answer in said(study)] == [{"look": 3, "fit": 7}, {"look": 1}]
    assert list(study.block.criteria.values_list("key", flat=True)) == ["look", "fit"]
    assert study.block.points == 7


def test_ratings_side_by_side_are_raters_of_their_own(tmp_path):
    text = "image,text_id,rating1,rating2\ncoco_1_mini_dalle,coco_1,5,4\ncoco_1_sd,coco_1,3,\n"
    mapping = {"generator": "image", "rating": "rating1|rating2", "prompt": "text_id"}
    done = run(tmp_path, text, mapping, strip_prompt=True)
    assert (done.votes, done.raters, done.generators) == (3, 3, 2)
    slots = Comparison.objects.filter(study=done.study).values_list("slots__generator__name", flat=True)
    assert set(slots) == {"mini_dalle", "sd"}


def test_rankings_keep_equal_ranks(tmp_path):
    done = run(tmp_path, RANKS, RANKS_MAP)
    assert (done.votes, done.generators, done.study.block.protocol) == (2, 3, "ranking")
    assert said(done.study) == [("012", {"ranking": [2, [0, 1]]}), ("01", {"ranking": [0, 1]})]


def test_rankings_whose_places_are_unknown_are_ranked_without_place_effects(tmp_path):
    ballots = [("a", "b", "c"), ("b", "a", "c"), ("a", "c", "b"), ("c", "b", "a"), ("a", "b", "c")]
    rows = [f"{n},{name},{rank}" for n, order in enumerate(ballots) for rank, name in enumerate(order, 1)]
    mapping = {"ballot": "t", "generator": "m", "rank": "r"}
    study = run(tmp_path, "\n".join(["t,m,r", *rows, ""]), mapping).study
    result = rankings.ranking(study, first_filters(study)).result
    assert [row.generator for row in result.rows] == ["a", "b", "c"]


def test_best_of_n_answers_name_best_and_worst(tmp_path):
    text = "t,m,pick\n1,a,0\n1,b,1\n1,c,-1\n2,a,0\n2,b,0\n2,c,0\n"
    study = run(tmp_path, text, {"ballot": "t", "generator": "m", "chosen": "pick"}).study
    assert said(study) == [("012", {"best": 1, "worst": 2}), ("012", {"best": "none"})]
    assert (study.block.protocol, study.block.pick) == ("best_of_n", "best_and_worst")


def test_preferences_without_sides_are_ranked_without_an_effect_of_sides(tmp_path):
    text = "content,observer,preferred,other\n"
    wins = [("1", "2"), ("2", "1"), ("2", "3"), ("3", "2"), ("1", "3"), ("3", "1"), ("1", "2"), ("1", "3")]
    text += "".join(f"Caps,obs{n % 3},Caps{a}.png,Caps{b}.png\n" for n, (a, b) in enumerate(wins))
    mapping = {"better": "preferred", "worse": "other", "rater": "observer", "prompt": "content"}
    study = run(tmp_path, text, mapping, strip_prompt=True).study
    assert Vote.objects.filter(study=study, order="01").count() == len(wins)
    result = rankings.ranking(study, first_filters(study)).result
    assert result.rows[0].generator == "1.png"
    assert result.rows[0].wins == 4
    assert result.left_share is None


@pytest.mark.parametrize(
    ("text", "mapping", "row", "words"),
    [
        (LIKERT + "sd2dot1,tifa160_143,4375840905,1\n", LIKERT_MAP, 6, "rated the same picture"),
        (LIKERT + "sd2dot1,tifa160_144,4375840905,6\n", LIKERT_MAP, 6, "whole number from 1 to 5"),
        (LIKERT + "sd2dot1,tifa160_144,4375840905,\n", LIKERT_MAP, 6, "nothing was rated"),
        (RANKS + "005658-0041,1,3\n", RANKS_MAP, 7, "on its ballot twice"),
        (RANKS + "005658-0042,1,1\n", RANKS_MAP, 7, "one generator alone"),
        (RANKS + "005658-0041,2,first\n", RANKS_MAP, 7, "rank is not a whole number"),
        ("t,m,p\n1,a,1\n1,b,1\n", {"ballot": "t", "generator": "m", "chosen": "p"}, 3, "another best"),
        ("t,m,p\n1,a,1\n1,b,?\n", {"ballot": "t", "generator": "m", "chosen": "p"}, 3, "not known"),
        ("w,l\na,a\n", {"better": "w", "worse": "l"}, 2, "compared with itself"),
    ],
)
def test_a_wrong_row_of_any_kind_is_named_and_nothing_stored(tmp_path, text, mapping, row, words):
    with pytest.raises(ImportRefused) as refused:
        run(tmp_path, text, mapping)
    assert refused.value.details[0]["row"] == row
    assert words in refused.value.details[0]["reason"]
    assert refused.value.details[0]["mend"]
    assert not Vote.objects.exists()


def test_fields_of_different_kinds_do_not_mix(tmp_path):
    with pytest.raises(ImportRefused, match="not a field of a vote"):
        run(tmp_path, LIKERT, LIKERT_MAP | {"outcome": "answer"})


def test_rankings_with_equal_firsts_have_an_agreement(tmp_path):
    text = "t,m,r,p,who\n" + "".join(
        f"{n},{name},{rank},one,{n}\n" for n in range(4) for name, rank in zip("abc", (1, 1, 2), strict=True)
    )
    mapping = {"ballot": "t", "generator": "m", "rank": "r", "prompt": "p", "rater": "who"}
    study = run(tmp_path, text, mapping).study
    found = rankings.ranking(study, first_filters(study))
    assert found.agreement.percent.value == 1.0
