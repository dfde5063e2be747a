"""How a study was run: what its raters were asked and shown, by which rules, so that others can repeat it."""

from collections import Counter
from typing import Any

from django.db.models import F

from annotations.models import Block, Comparison, Criterion, Panel, Prompt, Protocol, Study
from annotations.protocols.failures import DEFAULT_TAXONOMY
from annotations.selectors import demographics
from annotations.selectors.rules import declared_rules
from arena.analytics.rater_rules import describe
from arena.results import rules
from arena.results.imported import file_words, is_imported
from arena.results.labels import number, percent, plural
from arena.results.report.document import Section
from arena.results.tables import Cell, num, table

PROMPTS = 120  # a report lists so many; exports hold all
KINDS = {"degraded": "degraded copies", "instructed": "instructed responses", "gold": "known answers"}
PICTURES = (
    "Each picture is turned upright, converted to 8-bit sRGB (transparency on neutral grey #808080), scaled "
    "by Lanczos until its longer side fills a box of {box} × {box} px, centred in it on the same grey, never "
    "cropped, and encoded anew without metadata as {encoding}. Files are padded to one length within a "
    "prompt, and served under addresses that belong to one assignment."
)


def design(study: Study) -> Section:
    section = Section("Design")
    if is_imported(study):
        section.say("The votes were made elsewhere and imported; what is known is what their file says.")
        section.list(file_words(study))
        return section
    counts = (study.design or {}).get("counts", {})
    section.list(
        [
            ("State", study.get_state_display()),
            ("Launched", _time(study.launched_at) or "not here"),
            *([("Closed", _time(study.closed_at))] if study.closed_at else []),
            ("Votes", _when_voted(study)),
            ("Design SHA-256", study.design_hash or "not frozen"),
            ("Seed", str(study.seed)),
            ("Planned", ", ".join(f"{number(n)} {name}" for name, n in counts.items() if isinstance(n, int))),
            ("Pictures", _pictures(study)),
            *_serving(study),
        ]
    )
    section.table(
        table(
            "Panels",
            ["Panel", "Kind", "Raters per comparison #", "Entry", "Most raters", "Before the votes"],
            [_panel(panel) for panel in study.panels.all()],
        )
    )
    hits = Counter(hit.rule for own in rules.verdicts(study).hits.values() for hit in own)
    section.table(
        table(
            "Exclusion rules, declared before launch",
            ["Rule", "Raters hit #"],
            [
                [describe(rule), num(str(hits[rule["rule"]]), hits[rule["rule"]])]
                for rule in declared_rules(study)
            ],
        )
    )
    if not declared_rules(study):
        section.list([("Exclusion rules", "none were declared")])
    return section


def _time(at: Any) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _when_voted(study: Study) -> str:
    first, last = (
        study.votes.order_by(order).values_list("created_at", flat=True) for order in ("id", "-id")
    )
    if not first[:1]:
        return "none yet"
    return f"from {_time(first[0])} to {_time(last[0])}"


def _pictures(study: Study) -> str:
    return PICTURES.format(box=study.box_px, encoding=study.get_encoding_display())


def _serving(study: Study) -> list[tuple[str, str]]:
    most = study.max_votes_per_rater
    kinds = Comparison.objects.filter(study=study, kind="check").order_by()
    made = Counter(kinds.values_list("check_kind", flat=True))
    checks = ", ".join(f"{number(n)} {KINDS.get(kind, kind)}" for kind, n in sorted(made.items()))
    return [
        (
            "Attention checks",
            f"about 1 in {study.check_every} answers, the first within {study.first_check_within}"
            f" ({checks or 'none were made'})"
            if study.check_every
            else "none",
        ),
        ("Repeats", f"{percent(study.repeat_share)} of votes are asked again with sides swapped"),
        (
            "Order",
            "drawn by the seed, categories interleaved, sides balanced per comparison and generator; at "
            f"least {plural(study.prompt_gap, 'other trial')} between two of one prompt, no comparison twice "
            "but for repeats",
        ),
        ("A rater’s votes", f"{number(most)} at most" if most else "no limit"),
        ("Time to answer", f"a place is kept {plural(study.lease_s, 'second')}, then given to somebody else"),
    ]


def _panel(panel: Panel) -> list[str | Cell]:
    first = ["practice with feedback"] if panel.practice and _golds(panel.study, "practice") else []
    if panel.quiz_pass_mark:
        first.append(
            f"quiz, {percent(panel.quiz_pass_mark, 0)} pass, {plural(panel.quiz_attempts, 'attempt')}"
        )
    return [
        panel.name,
        panel.get_kind_display(),
        num(str(panel.overlap), panel.overlap),
        panel.get_entry_display(),
        number(panel.max_raters) if panel.max_raters else "no limit",
        ", ".join(first) or "instructions",
    ]


def _golds(study: Study, use: str) -> bool:
    return study.blocks.filter(golds__use=use).exists()


def asked(study: Study) -> Section | None:
    """The words that raters read, and the answers they had; unknown of votes made elsewhere."""
    if is_imported(study):
        return None
    section = Section("What raters read and answered")
    settings = (study.design or {}).get("settings", {})
    section.list(
        [
            ("Instructions", settings.get("instructions") or study.instructions or "none"),
            *((f"Consent, version {text.version}", text.text) for text in study.consents.all()),
            *([("Privacy", study.privacy_text)] if study.privacy_text else []),
            (
                "Language",
                study.language + (f", also {', '.join(study.translations)}" if study.translations else ""),
            ),
            *_asked_of_raters(study),
        ]
    )
    for block in study.blocks.all():
        section.say(f"{block}: “{block.question}”", "lead")
        section.list([("Protocol", _protocol(block)), ("Answers", _answers(block)), *_extras(block)])
        section.table(_criteria(block))
        if block.protocol == Protocol.FAILURE_REVIEW:
            section.table(_taxonomy(block))
    return section


def _asked_of_raters(study: Study) -> list[tuple[str, str]]:
    asked_for = [str(question.label).lower() for question in demographics.counts(study)]
    return [("Questions about the rater", ", ".join(asked_for))] if asked_for else []


def _protocol(block: Block) -> str:
    said = [block.get_protocol_display().lower()]
    if block.protocol in (Protocol.BEST_OF_N, Protocol.RANKING):
        said.append(f"{block.size} pictures at once")
    if block.protocol == Protocol.FAILURE_REVIEW:
        said.append(
            f"{plural(block.samples_per_generator, 'picture')} of each generator, spread over categories"
        )
    else:
        said.append(f"design: {block.get_design_display().lower()}")
    if block.comparisons_per_prompt:
        said.append(f"{plural(block.comparisons_per_prompt, 'comparison')} per prompt")
    if block.baseline:
        said.append(f"baseline {block.baseline}")
    if block.show_reference:
        said.append("with a reference picture")
    return ", ".join(said)


def _answers(block: Block) -> str:
    tie, bad = ["tie"] * block.allow_tie, ["both bad"] * block.allow_both_bad
    unsure = ["can’t judge"] * block.allow_cannot_judge
    if block.protocol == Protocol.PAIRWISE:
        sides = ["much better", "slightly better", "equal"] if block.graded else ["left", "right", *tie]
        return ", ".join([*sides, *bad, *unsure])
    if block.protocol == Protocol.LIKERT:
        pages = "" if block.criteria.count() < 2 else f", {block.get_pages_display().lower()}"
        return ", ".join([f"1 to {block.points}{pages}", *unsure])
    if block.protocol == Protocol.BEST_OF_N:
        return ", ".join(
            [block.get_pick_display().lower(), *(["none is good"] * block.allow_both_bad), *unsure]
        )
    if block.protocol == Protocol.RANKING:
        return ", ".join(["an order of all pictures", *unsure])
    return "any of the failures below, or none"


def _extras(block: Block) -> list[tuple[str, str]]:
    said = []
    chips = ", ".join(chip["label"] for chip in block.reasons.get("chips", []))
    if chips or block.reasons.get("text"):
        needed = ", ".join(map(str, block.reasons.get("required_for", [])))
        words = [chips, "free text" if block.reasons.get("text") else "", needed and f"required for {needed}"]
        said.append(("Reasons", "; ".join(filter(None, words))))
    allowed = [name for name, on in (("marks", block.allow_marks), ("a note", block.allow_note)) if on]
    return [*said, ("Also", " and ".join(allowed))] if allowed else said


def _criteria(block: Block) -> Any:
    rows = list(block.criteria.all())
    if len(rows) < 2 and not any(row.anchors for row in rows):
        return None
    return table(
        "Criteria",
        ["Criterion", "Question", "Words of the scale, lowest first"],
        [[row.label, row.question or block.question, _anchors(row)] for row in rows],
    )


def _anchors(criterion: Criterion) -> str:
    return "; ".join(f"{n} {word}" for n, word in enumerate(criterion.anchors, 1) if word) or "–"


def _taxonomy(block: Block) -> Any:
    return table(
        "Failures, in the order shown",
        ["Failure", "Hint"],
        [[failure["label"], failure.get("hint", "")] for failure in block.taxonomy or DEFAULT_TAXONOMY],
    )


def material(study: Study) -> Section:
    """The generators with their pictures, and the prompts, word by word as far as they fit."""
    section = Section("Generators and prompts")
    images = study.images.order_by().values_list("generator__name", "width", "height")
    names = sorted({name for name, _, _ in images}) or _compared(study)
    sizes = {name: sorted({f"{w} × {h}" for other, w, h in images if other == name}) for name in names}
    counts = Counter(name for name, _, _ in images)
    if images:
        rows: list[list[str | Cell]] = [
            [name, num(number(counts[name]), counts[name]), _few(sizes[name])] for name in names
        ]
        section.table(table("Generators", ["Generator", "Pictures #", "Original size, px"], rows))
    else:
        section.list([("Generators", ", ".join(names))])
    prompts = Prompt.objects.filter(study=study).order_by("category", "id")
    total = prompts.count()
    by_category = Counter(prompts.order_by().values_list("category", flat=True))
    section.list(
        [("Prompts by category", ", ".join(f"{k or 'none'} {n}" for k, n in sorted(by_category.items())))]
    )
    if prompts.exclude(text="").exclude(text=F("key")).exists():
        shown = (
            f"the first {PROMPTS} of {number(total)}; the images export holds all"
            if total > PROMPTS
            else "all"
        )
        section.table(
            table(
                f"Prompts: {shown}",
                ["Key", "Category", "Prompt"],
                [[p.key, p.category, p.text] for p in prompts[:PROMPTS]],
            )
        )
    return section


def _compared(study: Study) -> list[str]:
    slots = study.comparisons.order_by().values_list("slots__generator__name", flat=True).distinct()
    return sorted(filter(None, slots))


def _few(sizes: list[str]) -> str:
    return ", ".join(sizes[:3]) + (f" and {len(sizes) - 3} more" if len(sizes) > 3 else "")
