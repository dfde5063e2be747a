"""The design as launch froze it, to be read."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from annotations.models import Block, Protocol, Study

YES_NO = {True: "yes", False: "no"}


def frozen_design(request: HttpRequest, study: Study) -> HttpResponse:
    blocks = list(study.blocks.prefetch_related("criteria"))
    context = {
        "nav": "studies",
        "study": study,
        "facts": _facts(study),
        "blocks": [(block, _block_facts(block), block.criteria.all()) for block in blocks],
        "consents": study.consents.all(),
        "design_json": json.dumps(study.design, indent=2, ensure_ascii=False, sort_keys=True),
    }
    return render(request, "studies/design_frozen.html", context)


def _facts(study: Study) -> list[tuple[str, Any]]:
    overlaps = ", ".join(f"{panel.name}: {panel.overlap}" for panel in study.panels.all())
    every = study.check_every
    return [
        ("Instructions", study.instructions or "none"),
        ("Raters per comparison", overlaps or "none"),
        ("Most votes per rater", study.max_votes_per_rater or "no limit"),
        ("Attention checks", f"1 in {every}, first within {study.first_check_within}" if every else "none"),
        ("Repeats", f"{100 * study.repeat_share:g} %"),
        ("Trials between two of a prompt", f"at least {study.prompt_gap}"),
        ("Box", f"{study.box_px} × {study.box_px} px"),
        ("Encoding", study.get_encoding_display()),
        ("Seconds to answer", study.lease_s),
        ("Seed", study.seed),
    ]


def _block_facts(block: Block) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [("Question", block.question), ("Protocol", block.get_protocol_display())]
    if block.protocol == Protocol.PAIRWISE:
        facts += [
            ("Tie offered", YES_NO[block.allow_tie]),
            ("Both bad offered", YES_NO[block.allow_both_bad]),
            ("By how much", YES_NO[block.graded]),
        ]
    if block.protocol == Protocol.LIKERT:
        facts += [("Points", block.points), ("Criteria", block.get_pages_display())]
    if block.protocol in (Protocol.BEST_OF_N, Protocol.RANKING):
        facts.append(("Pictures at once", block.size))
    if block.protocol == Protocol.FAILURE_REVIEW:
        facts += [
            ("Pictures per generator", block.samples_per_generator),
            ("What can be wrong", ", ".join(row["label"] for row in block.taxonomy)),
        ]
    if block.protocol in (Protocol.PAIRWISE, Protocol.BEST_OF_N, Protocol.RANKING):
        facts += [
            ("Which pictures meet", block.get_design_display()),
            ("Comparisons per prompt", block.comparisons_per_prompt or "as many as the design yields"),
        ]
        if block.baseline:
            facts.append(("Baseline", block.baseline))
    if block.reasons:
        chips = ", ".join(chip["label"] for chip in block.reasons.get("chips", []))
        facts.append(("Reasons", chips or "in the rater's own words"))
    return facts
