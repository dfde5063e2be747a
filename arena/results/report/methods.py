"""The methods paragraph, ready for a paper, with its citations."""

import re

from annotations.models import Protocol, Study
from arena.results.imported import is_imported, knows_raters, knows_sides
from arena.results.software import version
from scoring.selectors import niches

BLINDED = (
    "Raters saw pictures without any hint of who made them, re-encoded by one pipeline into one box, in "
    "orders balanced over generators and comparisons."
)
IMPORTED = (
    "The votes were collected elsewhere and imported; how raters were asked, blinded and chosen is told by "
    "whoever collected them."
)
CLUSTERED = (
    "Intervals are 95 % and clustered by rater, with the CR2 correction and Satterthwaite degrees of freedom "
    "below 40 raters [5]."
)
UNCLUSTERED = "The votes name no raters: intervals are 95 % and take each vote as independent of the others."
SENTENCES = {
    Protocol.PAIRWISE: (
        "Pairwise votes were analysed with Davidson's extension of the Bradley-Terry model with a parameter "
        "for ties and an effect of the side shown [1, 2]."
    ),
    Protocol.BEST_OF_N: "Best-of-N answers were analysed with the Plackett-Luce model [3, 4].",
    Protocol.RANKING: "Rankings were analysed with the Plackett-Luce model [3, 4].",
    Protocol.LIKERT: (
        "Ratings are summarised as mean opinion scores per criterion; a cumulative link model with an effect "
        "of each rater stands beside them [9]."
    ),
    Protocol.FAILURE_REVIEW: (
        "Failure rates are shares of reviewed images in which at least half of the reviewers named the "
        "failure, with Wilson intervals [7]."
    ),
}
GRADED = "Where answers said how clearly a picture was preferred, a cumulative link model uses that [9]."
CITATIONS = [
    "[1] Bradley & Terry (1952), Biometrika 39, 324-345.",
    "[2] Davidson (1970), J. Am. Stat. Assoc. 65, 317-328.",
    "[3] Luce (1959), Individual Choice Behavior. Wiley.",
    "[4] Plackett (1975), J. R. Stat. Soc. C 24, 193-202.",
    "[5] Bell & McCaffrey (2002), Survey Methodology 28, 169-181 (small-sample cluster-robust variance).",
    "[6] Krippendorff (2011), Computing Krippendorff's alpha-reliability.",
    "[7] Wilson (1927), J. Am. Stat. Assoc. 22, 209-212.",
    "[8] Mogstad, Romano, Shaikh & Wilhelm (2024), Rev. Econ. Stud. 91, 476-518 (simultaneous rank sets).",
    "[9] McCullagh (1980), J. R. Stat. Soc. B 42, 109-142 (cumulative link models).",
]


def paragraph(study: Study) -> str:
    protocols = dict.fromkeys(block.protocol for block in study.blocks.all())
    said = [
        IMPORTED if is_imported(study) else BLINDED,
        *(_sentence(study, Protocol(name)) for name in protocols),
        *([GRADED] if any(block.graded for block in study.blocks.all()) else []),
        CLUSTERED if knows_raters(study) else UNCLUSTERED,
    ]
    if any(name != Protocol.LIKERT and name != Protocol.FAILURE_REVIEW for name in protocols):
        said.append("Rank ranges are simultaneous over all generators [8].")
    said.append("Agreement is Krippendorff's alpha with a bootstrap over items [6].")
    niche = niches.attached(study)
    if niche is not None:
        said.append(
            f"Beside the points stands a composite of automated scores ({niche}; SHA-256 "
            f"{niche.checksum or 'not calibrated'}): a weighted sum of percentiles within a frozen "
            "population, images beyond a hard limit counted as 0, with intervals clustered by prompt."
        )
    rules = (study.design or {}).get("settings", {}).get("rules") or []
    if rules:
        said.append(
            f"{len(rules)} exclusion rule(s) declared before launch were applied when results were read; the "
            "sensitivity table shows the ranking under each."
        )
    said.append(f"Computed with Arena {version()}, design SHA-256 {study.design_hash or 'not frozen'}.")
    return " ".join(said)


def citations(study: Study) -> list[str]:
    """Those that the paragraph names, by their numbers."""
    said = paragraph(study)
    return [line for line in CITATIONS if re.search(rf"\b{line[1]}\b(?=[^\[]*\])", said)]


def _sentence(study: Study, protocol: Protocol) -> str:
    said = SENTENCES[protocol]
    if protocol == Protocol.PAIRWISE and not knows_sides(study):
        return said.replace(" and an effect of the side shown", "; sides are not known and have no effect")
    return said
