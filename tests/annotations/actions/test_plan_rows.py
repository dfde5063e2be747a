"""What a launch writes for blocks of every protocol, read back from the rows."""

from collections import Counter

import pytest

from annotations import check_words, protocols
from annotations.actions import blocks, preparation, storage, studies
from annotations.assignment.design import digest
from annotations.models import Gold, Panel, ReferenceImage
from tests.factories import draft_of_rows, draft_study, png

pytestmark = pytest.mark.django_db

EVERY = {
    "main": {"protocol": "pairwise"},
    "best": {"protocol": "best_of_n", "size": 4},
    "both": {"protocol": "best_of_n", "size": 3, "pick": "best_and_worst"},
    "rank": {"protocol": "ranking", "size": 3, "comparisons_per_prompt": 2},
    "rate": {"protocol": "likert", "points": 7},
    "flaws": {"protocol": "failure_review", "samples_per_generator": 4},
}


def launched(*, keys=tuple(EVERY), prompts=6, generators=5, change=None, files=False, **settings):
    make = draft_study if files else draft_of_rows
    study = make(prompts=prompts, generators=generators, check_every=4, **settings)
    blocks.update(block=study.block, actor=None, key=keys[0], **EVERY[keys[0]])
    for key in keys[1:]:
        blocks.add(study=study, actor=None, key=key, **EVERY[key])
    if change:
        change(study)
    studies.launch(study=study, actor=None)
    return study


def frozen(study, key):
    return next(block for block in study.design["blocks"] if block["key"] == key)


def answer(block, expected, order):
    """As shown, the answer that is expected."""
    at = {int(slot): position for position, slot in enumerate(order)}
    if block["protocol"] == "pairwise":
        return {"overall": ["left", "right"][at[expected["slot"]]]}
    if block["protocol"] == "likert":
        return {key: low for key, (low, _) in expected["ratings"].items()}
    if block["protocol"] == "failure_review":
        return {"failures": expected.get("failures", [])}
    best = (
        at[expected["best"]]
        if "best" in expected
        else next(p for s, p in at.items() if s != expected["worst"])
    )
    worst = at[expected["worst"]] if "worst" in expected else next(p for p in at.values() if p != best)
    if block["protocol"] == "best_of_n":
        return {"best": best, "worst": worst} if block["pick"] == "best_and_worst" else {"best": best}
    return {"ranking": [best, *(p for p in at.values() if p not in (best, worst)), worst]}


def test_every_block_has_its_comparisons_places_and_slots():
    study = launched()
    counts = {block["key"]: block["counts"]["comparisons"] for block in study.design["blocks"]}
    assert counts["main"] == 6 * 10
    assert counts["rank"] == 6 * 2
    assert counts["rate"] == 6 * 5
    assert counts["flaws"] == 5 * 4
    for block in study.blocks.all():
        regular = block.comparisons.filter(kind="regular")
        assert regular.count() == counts[block.key]
        size = frozen(study, block.key)["slots"]
        for comparison in regular.prefetch_related("slots", "places"):
            assert [slot.index for slot in comparison.slots.all()] == list(range(size))
            orders = [place.order for place in comparison.places.all()]
            assert len(orders) == 2
            assert all(sorted(order) == sorted("0123"[:size]) for order in orders)
    ranks = sorted(study.places.values_list("rank", flat=True))
    assert ranks == list(range(2 * sum(counts.values())))
    assert study.design["counts"]["places"] == len(ranks)


def test_a_picture_has_one_plain_rendition_whatever_number_of_blocks_shows_it():
    study = launched()
    assert study.renditions.filter(kind="plain").count() == study.images.count()


def test_every_check_is_passed_by_the_answer_that_its_pictures_ask_for():
    study = launched()
    for block in study.blocks.all():
        checks = list(block.comparisons.filter(kind="check").prefetch_related("slots__rendition"))
        wanted = {"instructed"} if block.key == "flaws" else {"degraded", "instructed"}
        assert {check.check_kind for check in checks} == wanted
        for check in checks:
            slots = list(check.slots.all())
            size = frozen(study, block.key)["slots"]
            assert len(slots) == size
            order = "".join(str(slot) for slot in reversed(range(size)))
            shown, wrong = frozen(study, block.key), order[1:] + order[:1]
            said = answer(shown, check.expected, order)
            assert protocols.passes(shown, check.expected, order, said)
            # The same answer to the same check, with every picture in another place.
            assert size == 1 or not protocols.passes(shown, check.expected, wrong, said)
            looks = [slot.rendition.kind for slot in slots]
            instructed = [slot for slot in slots if slot.rendition.kind == "instructed"]
            assert len(instructed) == (check.check_kind == "instructed")
            if block.key == "best" and check.check_kind == "degraded":
                assert Counter(looks) == {"plain": 1, "degraded": 3}
                assert looks[check.expected["best"]] == "plain"
            elif block.key in ("both", "rank") and check.check_kind == "degraded":
                assert looks[check.expected["worst"]] == "degraded"
                assert looks.count("plain") == 2
            elif instructed and block.key in ("best", "both", "rank"):
                assert looks[check.expected["best"]] == "instructed"


def test_an_instruction_says_in_words_what_passes():
    study = launched(keys=("rate", "flaws"), language="de")
    for check in study.comparisons.filter(check_kind="instructed").select_related("block"):
        rendition = check.slots.get().rendition
        said = " ".join(rendition.words)
        if check.block.key == "rate":
            points = {low for low, high in check.expected["ratings"].values() if low == high}
            assert len(points) == 1
            assert f"Please answer {points.pop()}" in said
            assert "Bitte immer mit" in said
        elif "none" in check.expected:
            assert "Please name no failure" in said
            assert "Bitte keinen Fehler nennen" in said
        else:
            labels = {f["key"]: f["label"] for f in frozen(study, "flaws")["taxonomy"]}
            assert labels[check.expected["failures"][0]] in said


@pytest.mark.parametrize("spoken", [{"language": "ja"}, {"translations": {"ar": {"name": "x"}}}])
def test_nobody_is_asked_in_words_that_cannot_be_drawn(spoken):
    study = launched(keys=("main",), **spoken)
    assert set(study.comparisons.filter(kind="check").values_list("check_kind", flat=True)) == {"degraded"}


def test_every_instruction_can_be_drawn_in_every_language():
    for language, words in check_words.WORDS.items():
        assert set(words) == set(check_words.WORDS["en"])
        assert all(line.isascii() for lines in words.values() for line in lines)
        drawn = check_words.lines("answer:4", language)
        assert any("4" in line for line in drawn)
        assert len(drawn) == (2 if language == "en" else 4)


def test_defaults_of_each_protocol_are_written():
    study = launched()
    criteria = {block["key"]: [c["key"] for c in block["criteria"]] for block in study.design["blocks"]}
    ratings = ["fidelity", "alignment", "aesthetics"]
    assert criteria == {
        "main": ["overall"], "best": ["overall"], "both": ["overall"], "rank": ["overall"], "rate": ratings,
        "flaws": [],
    }  # fmt: skip
    assert all(len(c["anchors"]) == 7 for c in frozen(study, "rate")["criteria"])
    assert [failure["key"] for failure in frozen(study, "flaws")["taxonomy"]][-1] == "other"
    assert len(frozen(study, "flaws")["taxonomy"]) == 10


def gold(study, use, expected, *, prompt=0, count=2, **settings):
    chosen = [image.public_id for image in study.prompts.all()[prompt].images.all()[:count]]
    return Gold.objects.create(block=study.block, use=use, images=chosen, expected=expected, **settings)


def test_golds_become_checks_practice_and_quiz_and_are_asked_nowhere_else():
    def add(study):
        gold(study, "check", {"slot": 1})
        gold(study, "practice", {"slot": 0}, prompt=1, explanation="The other has six fingers.")
        gold(study, "quiz", {"slot": 1}, prompt=2, position=1)
        gold(study, "quiz", {"slot": 0}, prompt=3, position=2)

    study = launched(keys=("main",), change=add)
    made = study.comparisons.filter(check_kind="gold").order_by("id")
    assert [(c.kind, c.expected["slot"], c.explanation) for c in made] == [
        ("check", 1, ""),
        ("practice", 0, "The other has six fingers."),
        ("quiz", 1, ""),
        ("quiz", 0, ""),
    ]
    known = {frozenset(c.slots.values_list("image_id", flat=True)) for c in made}
    for regular in study.comparisons.filter(kind="regular"):
        assert frozenset(regular.slots.values_list("image_id", flat=True)) not in known
    assert study.comparisons.filter(kind="regular").count() == 60 - 4
    counts = frozen(study, "main")["counts"]
    assert (counts["practice"], counts["quiz"]) == (1, 2)
    assert not study.places.filter(comparison__check_kind="gold").exists()


def test_slots_of_a_gold_stand_as_it_lists_its_images():
    def add(study):
        made = gold(study, "quiz", {"slot": 0})
        made.images = made.images[::-1]
        made.save()

    study = launched(keys=("main",), change=add)
    listed = Gold.objects.get().images
    slots = study.comparisons.get(kind="quiz").slots.order_by("index")
    assert list(slots.values_list("image__public_id", flat=True)) == listed


def test_references_are_blinded_once_per_prompt_where_a_block_shows_them(tmp_path):
    def add(study):
        for number, prompt in enumerate(study.prompts.all()[:3]):
            for colour in ((9, 9, number), (8, 8, number)):
                data = png(colour)
                path = storage.original_path(f"{colour}".encode().hex().ljust(64, "0"))
                storage.write_atomic(path, data)
                file = {"path": path, "format": "PNG", "width": 48, "height": 32, "bytes": len(data)}
                ReferenceImage.objects.create(prompt=prompt, sha256=f"{colour}", **file)
        blocks.update(block=study.blocks.get(key="rate"), actor=None, show_reference=True)

    study = launched(keys=("main", "rate"), prompts=4, generators=2, change=add, files=True)
    made = study.renditions.filter(kind="reference")
    assert sorted(made.values_list("prompt_id", flat=True)) == sorted(
        study.prompts.values_list("pk", flat=True)[:3]
    )
    assert preparation.prepare(study=study)
    for rendition in made:
        lengths = set(study.renditions.filter(prompt=rendition.prompt).values_list("bytes", flat=True))
        assert lengths == {rendition.prompt.renditions.get(kind="reference").bytes}


def test_no_reference_is_prepared_where_no_block_shows_one():
    def add(study):
        file = {"sha256": "0" * 64, "path": "none", "format": "PNG", "width": 1, "height": 1, "bytes": 1}
        ReferenceImage.objects.create(prompt=study.prompts.first(), **file)

    assert not launched(keys=("main",), change=add).renditions.filter(kind="reference").exists()


def test_two_panels_share_comparisons_and_balance_sides_over_both():
    def add(study):
        Panel.objects.create(study=study, name="Experts", kind="expert", overlap=1)

    study = launched(keys=("main",), overlap=3, change=add)
    for comparison in study.comparisons.filter(kind="regular").prefetch_related("places"):
        orders = Counter(place.order for place in comparison.places.all())
        assert orders == {"01": 2, "10": 2}


@pytest.mark.parametrize(
    "change",
    [
        lambda study: blocks.update(block=study.block, actor=None, quotas={"pair": 9}),
        lambda study: type(study).objects.filter(pk=study.pk).update(rules=[{"rule": "any"}]),
        lambda study: gold(study, "quiz", {"slot": 1}),
        lambda study: study.panels.update(quiz_pass_mark=0.7),
        lambda study: study.panels.first().quotas.create(cell={"gender": "woman"}, most_raters=5),
        lambda study: blocks.add(study=study, actor=None, protocol="likert"),
    ],
)
def test_blocks_golds_quotas_and_rules_are_in_the_frozen_hash(change):
    """The seed and all words are the same; only what the change touches differs."""

    def relevant(study):
        design = study.design
        kept = ("settings", "blocks", "golds_sha256")
        panels = [{k: v for k, v in panel.items() if k != "id"} for panel in design["panels"]]
        return digest([{name: design[name] for name in kept}, panels])

    plain = launched(keys=("main",), name="Same", prompts=3, generators=3)
    changed = launched(keys=("main",), name="Same", prompts=3, generators=3, change=change)
    assert relevant(plain) != relevant(changed)
