"""Why a study cannot be planned, in words, before anything is frozen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from annotations.actions import planning
from annotations.actions.planning import BlockPlan, StudyPlan
from annotations.assignment import designs
from annotations.assignment.balance import Quotas
from annotations.assignment.pairs import PromptItems, Union
from annotations.models import Design, Gold, Protocol, ReferenceImage, Study

Problem = tuple[str, str, str]
SINGLE = (Protocol.LIKERT, Protocol.FAILURE_REVIEW)
NEED_A_NUMBER = (Design.BALANCED, Design.RANDOM, Design.ADAPTIVE)


def find(study: Study) -> list[Problem]:
    """(code, message, mend) of all that speaks against every block's plan."""
    plan = planning.load(study)
    if not plan.generators:
        return [("no_images", "The study has no images.", "Bring images in first.")]
    problems: list[Problem] = []
    for number, part in enumerate(plan.blocks):
        name = f"Block “{part.block.title or part.block.key}”: " if len(plan.blocks) > 1 else ""
        found = list(_settings(part)) or list(_data(plan, number)) or list(_golds(part))
        problems += [(code, name + message, mend) for code, message, mend in found]
    return problems


def _settings(part: BlockPlan) -> Iterator[Problem]:
    """Settings that contradict each other."""
    block = part.block
    single = block.protocol in SINGLE
    if block.comparisons_per_prompt == 0:
        yield "no_comparisons", "0 comparisons per prompt leave nothing to ask.", "Take 1 or more."
    if single and block.design in (Design.BASELINE, Design.ADAPTIVE):
        yield (
            "design_protocol",
            f"The design “{block.get_design_display()}” chooses which generators meet, but "
            f"{block.get_protocol_display().lower()} look at one picture at a time.",
            "Take another design, or pairs.",
        )
        return
    if block.design == Design.ADAPTIVE and block.protocol != Protocol.PAIRWISE:
        yield "design_protocol", "Adaptive designs choose pairs.", "Take pairs, or a balanced design."
    if block.protocol == Protocol.FAILURE_REVIEW:
        if block.samples_per_generator == 0:
            yield "no_comparisons", "0 pictures per generator leave nothing to review.", "Take 1 or more."
        return
    if block.design in NEED_A_NUMBER and block.comparisons_per_prompt is None and not part.spec.quotas:
        yield (
            "number_missing",
            f"The design “{block.get_design_display()}” needs a number of comparisons per prompt.",
            "Say how many comparisons each prompt should have.",
        )
    yield from _quotas(block.quotas)


def _quotas(quotas: Mapping[str, object]) -> Iterator[Problem]:
    category, pair = quotas.get("category"), quotas.get("pair")
    numbers = list(category.values()) if isinstance(category, dict) else [category]
    if set(quotas) - {"category", "pair"} or not all(
        number is None or (isinstance(number, int) and not isinstance(number, bool) and number >= 1)
        for number in [*numbers, pair]
    ):
        yield (
            "quotas",
            "A quota is a whole number of comparisons from 1 on, per category or per pair of generators.",
            'Write e.g. {"category": 40, "pair": 12}, or {"category": {"animals": 40}}.',
        )


def _data(plan: StudyPlan, number: int) -> Iterator[Problem]:
    """What the images cannot give."""
    part = plan.blocks[number]
    block, names = part.block, plan.generators
    if block.show_reference and not ReferenceImage.objects.filter(prompt__study=plan.study).exists():
        yield (
            "no_reference",
            "A reference image is to be shown, but no prompt has one.",
            "Bring references in with the manifest's column “reference”, or don't show them.",
        )
    if block.protocol in SINGLE:
        if not any(True for prompt in part.prompts for _ in _singles(part, prompt)):
            yield "no_comparisons", "Every image is a gold's: nothing is left to ask.", "Add images."
        return
    if len(names) < 2:
        name = next(iter(names.values()))
        yield (
            "one_generator",
            f"All images come from one generator, {name}: there is nothing to compare.",
            "Add images of a second generator for the same prompts, or choose ratings.",
        )
        return
    if block.design == Design.BASELINE and (found := list(_baseline(part, names))):
        yield from found
        return
    most = max(len(prompt.by_generator()) for prompt in part.prompts)
    if most < part.slots:
        yield _too_few(part, most)
        return
    yield from _apart(plan, number)


def _singles(part: BlockPlan, prompt: PromptItems) -> Iterator[int]:
    return (item.image for item in prompt.items if frozenset((item.image,)) not in part.spec.known)


def _too_few(part: BlockPlan, most: int) -> Problem:
    if part.slots == 2:
        return (
            "no_shared_prompt",
            "No prompt has images of two generators.",
            "Add images so that generators share prompts.",
        )
    mend = f"Take sets of {most}" if most >= 3 else "Take pairs"
    return (
        "sets_too_large",
        f"Sets of {part.slots} pictures are wanted, but no prompt has images of more than {most} generators.",
        f"{mend}, or add images of more generators.",
    )


def _baseline(part: BlockPlan, names: Mapping[int, str]) -> Iterator[Problem]:
    block, baseline = part.block, part.spec.baseline
    if not block.baseline.strip():
        yield "baseline_missing", "The design needs a baseline.", "Say which generator all others meet."
        return
    if baseline is None:
        yield (
            "baseline_unknown",
            f"The baseline {block.baseline} has no images in this study.",
            f"Bring its images in, or take one of {', '.join(sorted(names.values())[:8])}.",
        )
        return
    met = {baseline}
    for prompt in part.prompts:
        generators = prompt.by_generator()
        if baseline in generators and len(generators) >= part.slots:
            met |= set(generators)
    if alone := sorted(names[generator] for generator in set(names) - met):
        yield (
            "baseline_unmet",
            f"{_few(alone)} never meet{'s' if len(alone) == 1 else ''} the baseline {block.baseline}: no "
            "prompt has enough images for it.",
            "Add images for prompts of the baseline, or leave these generators out.",
        )


def _apart(plan: StudyPlan, number: int) -> Iterator[Problem]:
    """Generators that the design would leave in groups of their own. Only where a few joining comparisons are
    not found at once is the whole plan made to see."""
    part = plan.blocks[number]
    everything = replace(part.spec, per_prompt=None, quotas=Quotas())
    for spec in (everything, part.spec):
        joining = designs.skeleton(part.prompts, spec, planning.rng_for(plan.study, "joining"))
        left = _groups(plan.generators, (planned.generators for planned in joining))
        if len(left) == 1:
            continue
        if spec == part.spec and not part.spec.exhaustive:
            planning.choose(plan, number)
            left = _groups(plan.generators, (planned.generators for planned in part.opened))
            if len(left) == 1:
                return
        yield _disconnected(plan.generators, left)
        return


def _groups(generators: Iterable[int], met: Iterable[Iterable[int]]) -> list[set[int]]:
    union = Union(generators)
    for together in met:
        union.join(together)
    return union.groups()


def _disconnected(names: Mapping[int, str], apart: list[set[int]]) -> Problem:
    listed = ["; ".join(_few(sorted(names[g] for g in group)) for group in apart[:5])]
    listed += ["…"] if len(apart) > 5 else []
    return (
        "disconnected",
        f"The comparisons leave {len(apart)} groups of generators that never meet: {' '.join(listed)}. "
        "They could not be ranked against each other.",
        "Add images for shared prompts, ask more comparisons per prompt, or study the groups apart.",
    )


def _few(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


def _golds(part: BlockPlan) -> Iterator[Problem]:
    usable = {known.gold.pk: known for known in part.golds}
    for number, gold in enumerate(part.block.golds.all(), start=1):
        known = usable.get(gold.pk)
        if known is None or len(known.items) != part.slots or len(set(known.items)) != part.slots:
            yield (
                "gold_images",
                f"Gold {number} needs {part.slots} different images of one prompt of this study.",
                "Choose its images again, or take the gold out.",
            )
        elif not _answerable(part, gold):
            yield (
                "gold_answer",
                f"Gold {number} has an answer that {part.block.get_protocol_display().lower()} cannot have.",
                "Give its answer again, or take the gold out.",
            )


def _answerable(part: BlockPlan, gold: Gold) -> bool:
    """Whether the expected answer has the shape of its protocol."""
    block, expected = part.block, gold.expected
    if not isinstance(expected, dict):
        return False
    if block.protocol == Protocol.LIKERT:
        ratings = expected.get("ratings")
        return isinstance(ratings, dict) and all(
            isinstance(r, list) and len(r) == 2 and 1 <= r[0] <= r[1] <= block.points
            for r in ratings.values()
        )
    if block.protocol == Protocol.FAILURE_REVIEW:
        return expected.get("none") is True or bool(expected.get("failures"))
    keys = ("slot",) if block.protocol == Protocol.PAIRWISE else ("best", "worst")
    slots = [expected[key] for key in keys if key in expected]
    return bool(slots) and all(isinstance(slot, int) and 0 <= slot < part.slots for slot in slots)
