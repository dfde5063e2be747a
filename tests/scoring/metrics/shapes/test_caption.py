import numpy as np
import pytest

from scoring.metrics.shapes.caption import MAX_WORDS, caption, domain_words
from scoring.metrics.shapes.flaws import FLAWS
from scoring.metrics.shapes.scene import Group, Scene, pick, sample_scene
from scoring.metrics.shapes.siblings import applicable_mistakes, with_mistake

STAR, RINGS = Group("star", "orange", size="large"), Group("ring", "blue", 3)


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        (Scene((Group("star", "orange"),)), "an orange star"),
        (Scene((Group("cross", "red", 2),)), "two red crosses"),
        (Scene((STAR, RINGS)), "a large orange star and three blue rings"),
        (Scene((STAR, RINGS), "left of"), "a large orange star to the left of three blue rings"),
        (
            Scene((STAR, RINGS), "below", "grey"),
            "a large orange star below three blue rings on a grey background",
        ),
    ],
)
def test_plain_captions_read_like_this(scene, words):
    assert caption(scene) == words


def test_a_flaw_is_named_first():
    assert caption(Scene((Group("star", "red"),)), flaw="blurry") == "a blurry picture of a red star"
    assert caption(Scene((Group("star", "red"),)), flaw="noisy") == "a noisy picture of a red star"


def test_no_wording_fits_two_contents():
    rng = np.random.default_rng(4)
    meant: dict[str, object] = {}
    for _ in range(1500):
        scene = sample_scene(rng)
        family = [scene, *(with_mistake(scene, mistake, rng) for mistake in applicable_mistakes(scene))]
        for member in family:
            flaw = pick(rng, (None, *FLAWS))
            for words in (caption(member, rng, flaw=flaw), caption(member, flaw=flaw)):
                assert meant.setdefault(words, (member.content, flaw)) == (member.content, flaw)
    assert len(meant) > 5000


def test_one_content_has_several_wordings_and_one_plain_one():
    rng = np.random.default_rng(5)
    scene = Scene((STAR, RINGS), "left of")
    assert len({caption(scene, rng) for _ in range(100)}) > 20
    assert len({caption(scene) for _ in range(10)}) == 1


def test_captions_use_the_domains_words_and_keep_within_the_encoders_length():
    rng = np.random.default_rng(6)
    known = set(domain_words()) | set("23456")
    for _ in range(2000):
        words = caption(sample_scene(rng), rng, flaw=pick(rng, (None, *FLAWS))).split()
        assert set(words) <= known
        assert len(words) <= MAX_WORDS
