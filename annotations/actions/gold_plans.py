"""Comparisons with an answer that people have given: attention checks, practice with feedback, the quiz."""

from collections import Counter
from collections.abc import Mapping

from annotations.actions.planning import BlockPlan
from annotations.models import CheckKind, Comparison, ComparisonKind, ComparisonSlot, GoldUse, Study

KINDS = {
    GoldUse.CHECK: ComparisonKind.CHECK,
    GoldUse.PRACTICE: ComparisonKind.PRACTICE,
    GoldUse.QUIZ: ComparisonKind.QUIZ,
}


def write(study: Study, part: BlockPlan, renditions: Mapping[int, int]) -> dict[str, int]:
    """One comparison per gold, in the order of the golds; how many of each use. Slots stand as the gold lists
    its images: its answer speaks of them."""
    rows = Comparison.objects.bulk_create(
        Comparison(
            study=study,
            block=part.block,
            prompt_id=known.prompt,
            kind=KINDS[GoldUse(known.gold.use)],
            check_kind=CheckKind.GOLD,
            expected=known.gold.expected,
            explanation=known.gold.explanation,
        )
        for known in part.golds
    )
    ComparisonSlot.objects.bulk_create(
        ComparisonSlot(
            comparison=row,
            index=index,
            generator_id=item.generator,
            image_id=item.image,
            rendition_id=renditions[item.image],
        )
        for row, known in zip(rows, part.golds, strict=True)
        for index, item in enumerate(known.items)
    )
    return dict(Counter(str(known.gold.use) for known in part.golds))
