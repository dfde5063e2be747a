"""How every number can be had again: the data, the commands, the formulas and the versions."""

import platform
from importlib.metadata import version as installed

from annotations.models import Protocol, Study
from arena.results.filters import Filters, choices
from arena.results.imported import is_imported, knows_sides
from arena.results.report.document import Section
from arena.results.software import version

# What numbers come out of; a change of one of these may change last digits.
PACKAGES = ("numpy", "scipy", "pandas", "Pillow", "Django")
POINTS = "Points are 1,000 + (400 / ln 10) · (θ − the mean of all θ), or minus the baseline’s θ."
FORMULAS = {
    Protocol.PAIRWISE: (
        "Pairs",
        "With d = θ(left) − θ(right) + γ and D = e^(d/2) + e^(−d/2) + ν, P(left) = e^(d/2) / D, P(right) = "
        "e^(−d/2) / D, P(tie) = ν / D; both bad counts as a tie. θ, γ and ν by maximum likelihood. " + POINTS,
    ),
    Protocol.BEST_OF_N: (
        "Best of N",
        "P(i is chosen of a set S) = e^θ(i) / Σ over S of e^θ(j), by maximum likelihood. " + POINTS,
    ),
    Protocol.RANKING: (
        "Rankings",
        "An order is a series of choices, each the best of those that are left: Π e^θ(i) / Σ of e^θ(j) over "
        "those left, by maximum likelihood. " + POINTS,
    ),
    Protocol.LIKERT: (
        "Ratings",
        "Means of all ratings of a generator and criterion; standard errors by clusters of raters.",
    ),
    Protocol.FAILURE_REVIEW: (
        "Failures",
        "A picture has a failure when at least half of its reviewers named it; rates with Wilson’s interval.",
    ),
}
COMMON = [
    (
        "Intervals",
        "V = H⁻ (Σ over raters of s sᵀ) H⁻, H the information and s a rater’s score; below 40 raters CR2 "
        "with Bell-McCaffrey degrees of freedom, else t with one less than the number of raters.",
    ),
    (
        "Possible places",
        "All differences at once: a generator may take every place that no |θ(i) − θ(j)| / se beyond the "
        "95 % point of their maximum rules out (1,000 multiplier bootstrap draws, seed 0). Tied groups are "
        "runs of generators none of which is told apart from another.",
    ),
    (
        "Agreement",
        "α = 1 − observed / expected disagreement; intervals by drawing items again, 1,000 times, seed 0.",
    ),
]


def repeat(study: Study, filters: Filters) -> Section:
    section = Section("How to have every number again")
    protocols = dict.fromkeys(block.protocol for block in study.blocks.all())
    section.say("Formulas", "lead")
    section.list([*(FORMULAS[Protocol(name)] for name in protocols), *COMMON])
    section.say("Data", "lead")
    section.list(_data(study, filters))
    section.say("Versions", "lead")
    section.list(
        [
            ("Software", f"Arena {version()}, Python {platform.python_version()}"),
            ("Packages", ", ".join(f"{name} {installed(name)}" for name in PACKAGES)),
            ("Seeds", f"{study.seed} for plan, order and sides; 0 for every bootstrap"),
        ]
    )
    return section


def _data(study: Study, filters: Filters) -> list[tuple[str, str]]:
    own = f"/api/v1/studies/{study.public_id}"
    said = [
        (
            "Exports",
            "The results’ export page gives votes (canonical and shown sides), comparisons, raters, images, "
            "scores, ranking and audit as CSV, JSONL and Parquet, each with a data dictionary; raters go by "
            "pseudonyms that are the same in all files and in this report.",
        ),
        ("API", f"{own}/votes/ and {own}/ranking/, documented at /api/v1/docs/"),
    ]
    if choices(study, filters.block).is_pairwise and knows_sides(study):
        files = f"votes-{study.public_id}.csv"
        if not is_imported(study):
            files += f" --design design-{study.public_id}.json --audit audit-{study.public_id}.jsonl"
        said.append(
            (
                "Recount",
                f"python -m arena.analytics.recount {files} gives the ranking from the exported files alone, "
                "without this server, and verifies the hashes it is given. The export page adds the options "
                "that a filter needs.",
            )
        )
    return said
