"""What a report says, section by section, for somebody who was not there."""

from dataclasses import replace
from typing import Any

from annotations.actions import looks
from annotations.models import AuditEvent, Protocol, Rater, Study
from arena.analytics.errors import AnalyticsError
from arena.analytics.influence import LeadInfluence
from arena.results import charts, machines, quality, rules
from arena.results.charts.ranking import has_points
from arena.results.composite_words import composite_lines, composite_words
from arena.results.composites import composites
from arena.results.failures import failures
from arena.results.filters import Choices, Filters, choices, words
from arena.results.imported import is_imported
from arena.results.labels import estimate_words, number, percent, percent_span, plural
from arena.results.opinions import opinions
from arena.results.rankings import position_words, ranking
from arena.results.report.document import Section
from arena.results.report.leading import highest_words, leader_words
from arena.results.report.methods import citations, paragraph
from arena.results.report.numbers import failure_category_table, failure_table, ranking_table
from arena.results.report.pillars import Pillar, pillars
from arena.results.robustness import robustness
from arena.results.selection import Counts
from arena.results.tables import between, num, table
from arena.results.words import accuracy_words, correlation_words, left_out_words, variants_table

# Events that belong to running a study as designed; anything else after launch is an amendment.
ORDINARY = frozenset({
    "study_launched", "study_planned", "study_opened", "rater_entered", "rater_consented", "rater_finished",
    "vote_undone", "results_looked", "study_closed", "batch_opened", "rater_consented_again",
    "rater_turned_away", "rater_withdrew", "demographics_given", "assignment_skipped", "judge_entered",
    "report_resolved", "reports_resolved", "anomalies_resolved", "invitations_created", "payments_exported",
    "votes_imported",
})  # fmt: skip
AMENDMENTS = 60


def answer(study: Study, per_block: dict[str, Filters]) -> Section:
    section = Section("Question and answer")
    for key, filters in per_block.items():
        offered = choices(study, key)
        section.say(f"{offered.block}: {offered.block.question}", "lead")
        section.say(_answer(study, offered, filters))
    return section


def _answer(study: Study, offered: Choices, filters: Filters) -> str:
    if offered.protocol == Protocol.FAILURE_REVIEW:
        found = failures(study, filters)
        if not found.generators:
            return "No reviews were counted."
        best = found.generators[0]
        rate = next(r for r in found.rates if r.generator == best and r.failure == "any")
        return (
            f"{best} had the fewest pictures with any failure: {estimate_words(rate.rate, share=True)}. "
            f"{found.preliminary}"
        )
    if offered.protocol == Protocol.LIKERT:
        scored = opinions(study, filters)
        if not scored.scores.rows:
            return "No ratings were counted."
        said = []
        for key, label in scored.labels.items():
            own = [row for row in scored.scores.rows if row.criterion == key]
            if own:
                said.append(highest_words(label, own))
        return " ".join(filter(None, [*said, scored.preliminary, *scored.warnings]))
    ranked = ranking(study, filters)
    if not ranked.result.n_votes:
        return "No votes were counted."
    if not any(row.rank == 1 for row in ranked.result.rows):
        return " ".join(ranked.warnings) or "No ranking can be given."
    return " ".join(filter(None, [leader_words(ranked.result), ranked.preliminary, *ranked.warnings]))


def verdict(study: Study, per_block: dict[str, Filters]) -> Section:
    section = Section("Verdict on four pillars")
    found = pillars(study, per_block)
    if all(pillar.holds for pillar in found):
        section.say("A claim of quality can be made: all four pillars stand at their minimum sizes.", "lead")
    else:
        section.say("No claim of overall quality should be made yet: see what is missing.", "lead")
    section.table(
        table(
            "The four pillars",
            ["Pillar", "Stands", "What there is", "What is missing"],
            [_pillar(pillar) for pillar in found],
        )
    )
    return section


def _pillar(pillar: Pillar) -> list[str]:
    return [pillar.name, "yes" if pillar.holds else "no", pillar.found, pillar.missing or "nothing"]


def amendments(study: Study) -> Section:
    section = Section("What changed after launch")
    events = AuditEvent.objects.filter(study=study).exclude(verb__in=ORDINARY)
    if study.launched_at:
        events = events.filter(at__gt=study.launched_at)
    rows = [
        [
            event.at.isoformat(timespec="minutes"),
            event.verb.replace("_", " "),
            event.subject,
            _why(event.data),
            event.actor,
        ]
        for event in events[:AMENDMENTS]
    ]
    if not rows:
        section.say("Nothing: the study ran as it was sealed.")
    more = f"; the first {AMENDMENTS} of {events.count()}" if events.count() > AMENDMENTS else ""
    section.table(
        table(
            f"Events of the audit record{more}",
            ["When", "What", "To what", "Why, or what of it", "By whom"],
            rows,
        )
    )
    return section


def _why(data: dict[str, Any]) -> str:
    """The reason that was given, or what else the record keeps of the event, shortly."""
    if data.get("reason"):
        return str(data["reason"])
    said = "; ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in data.items() if value not in ("", None)
    )
    return said if len(said) <= 160 else f"{said[:160]} …"


def who(study: Study, filters: Filters) -> Section:
    section = Section("Who voted")
    people = Rater.objects.filter(study=study)
    rows = []
    for panel in study.panels.all():
        own = people.filter(panel=panel)
        voted = own.filter(voted__gt=0)
        rows.append(
            [
                panel.name,
                num(number(own.count()), own.count()),
                num(number(voted.count()), voted.count()),
                num(number(own.filter(state="finished").count()), own.filter(state="finished").count()),
                num(number(own.filter(state="withdrawn").count()), own.filter(state="withdrawn").count()),
                num(number(own.filter(simulated=True).count()), own.filter(simulated=True).count()),
            ]
        )
    headings = ["Panel", "Entered #", "Voted #", "Finished #", "Withdrew #", "Simulated #"]
    section.table(table("Raters by panel", headings, rows))
    outcomes = quality.check_outcomes(study, filters)
    section.table(
        table(
            "Attention checks; intervals by Wilson",
            ["Kind", "Answered #", "Passed #", "95 % interval #"],
            [
                [
                    row.label,
                    num(number(row.asked), row.asked),
                    num(percent(row.passed.value), row.passed.value),
                    between(percent_span(row.passed.low, row.passed.high), row.passed.low, row.passed.high),
                ]
                for row in outcomes
            ],
        )
    )
    return section


def exclusions(study: Study, filters: Filters) -> Section:
    section = Section("Exclusions and sensitivity")
    hits = rules.verdicts(study).hits
    lifted = rules.overruled(study)
    by_hand = study.raters.filter(exclusions__lifted_at__isnull=True, exclusions__isnull=False)
    ruled = [r for r, own in hits.items() if any((r, hit.rule) not in lifted for hit in own)]
    section.say(
        f"Declared rules leave out {plural(len(ruled), 'rater')}, analysts "
        f"{plural(by_hand.distinct().count(), 'rater')} by hand, and {plural(len(lifted), 'rule hit')} "
        "were overruled with a reason. Their votes are kept."
    )
    if not choices(study, filters.block).is_ranked:
        return section
    found = robustness(study, filters)
    section.table(variants_table(found))
    for influence in (found.votes, found.raters):
        section.say(influence.words if isinstance(influence, LeadInfluence) else influence.reason)
    return section


def results(study: Study, offered: Choices, filters: Filters) -> Section:
    section = Section(f"Results: {offered.block}")
    section.say(offered.block.question, "lead")
    said = "; ".join(words(filters, offered))
    if said:
        section.say(f"Filter: {said}.")
    if offered.protocol == Protocol.FAILURE_REVIEW:
        _failures(section, study, filters)
    elif offered.protocol == Protocol.LIKERT:
        _opinions(section, study, filters)
    else:
        _ranking(section, study, offered, filters)
    return section


def _ranking(section: Section, study: Study, offered: Choices, filters: Filters) -> None:
    found = ranking(study, filters)
    for warning in filter(None, [found.preliminary, *found.warnings]):
        section.say(warning, "warning")
    if not found.counts.votes:
        section.say("No votes were counted.")
        return
    section.figure(charts.forest(found.result))
    made = composites(study, filters)
    section.table(ranking_table(found, offered, made))
    if made is not None:
        section.say(composite_words(made, found.result))
    section.list(
        [
            ("Method", f"{found.result.method}; intervals: {found.result.interval_method}"),
            *composite_lines(made),
            *_counted(found.counts),
            ("Agreement", f"Krippendorff’s α {estimate_words(found.agreement.alpha)}"),
            *([("Position", position_words(found.result))] if offered.is_pairwise else []),
            *([("Ties", estimate_words(found.ties, share=True))] if offered.is_pairwise else []),
            *(
                [("Both bad", estimate_words(found.both_bad, share=True))]
                if offered.block.allow_both_bad
                else []
            ),
        ]
    )
    _other_criteria(section, study, offered, filters)
    if has_points(*found.by_category.values()):
        section.chart(charts.small_multiples("categories", "category", found.by_category))
    if has_points(*found.by_panel.values()):
        section.chart(charts.small_multiples("panels", "panel", found.by_panel))
    try:
        drawn = found.result.fit is not None and has_points(found.result)
        section.chart(charts.win_heatmap(found.result) if drawn else None)
    except AnalyticsError as error:
        section.say(str(error))


def _other_criteria(section: Section, study: Study, offered: Choices, filters: Filters) -> None:
    """A block may ask several things of a pair; each is a ranking of its own."""
    if len(offered.criteria) < 2:
        return
    by_label = {
        label: ranking(study, replace(filters, criterion=key)).result for key, label in offered.criteria
    }
    section.table(charts.small_multiples("criteria", "criterion", by_label).table)


def _counted(counts: Counts) -> list[tuple[str, str]]:
    return [
        ("Counted", f"{plural(counts.votes, 'vote')} by {plural(counts.raters, 'rater')}"),
        ("Left out", left_out_words(counts)),
    ]


def _opinions(section: Section, study: Study, filters: Filters) -> None:
    found = opinions(study, filters)
    for warning in filter(None, [found.preliminary, *found.warnings]):
        section.say(warning, "warning")
    if found.scores.rows:
        section.chart(charts.opinion_means(found))
        section.list(
            [
                *_counted(found.counts),
                *(
                    (label, f"Krippendorff’s α (ordinal) {estimate_words(found.scores.agreement[key].alpha)}")
                    for key, label in found.labels.items()
                    if key in found.scores.agreement
                ),
            ]
        )


def _failures(section: Section, study: Study, filters: Filters) -> None:
    found = failures(study, filters)
    if found.preliminary:
        section.say(found.preliminary, "warning")
    if found.rates:
        section.list(_counted(found.counts))
        section.figure(charts.failure_rates(found))
        section.table(failure_table(found))
        if found.by_category:
            section.figure(charts.failures_by_category(found))
            section.table(failure_category_table(found))


def metrics(study: Study, filters: Filters) -> Section:
    section = Section("Metrics against people")
    offered = machines.image_metrics(study)
    if not offered:
        section.say("No scores of images are finished.")
        return section
    neutral = [metric.label for metric in offered if metric.higher_is_better is None]
    if neutral:
        section.say(f"Without a better direction, so not held against people: {', '.join(neutral)}.")
    for metric in offered:
        if metric.higher_is_better is None:
            continue
        view = machines.metric_view(study, metric, filters)
        said = f"{metric.label}, version {metric.version}"
        if view.shapes_note:
            section.say(f"{metric.label}: {view.shapes_note}", "warning")
        if view.people is None:
            section.list([(said, "no votes to hold it against")])
            continue
        section.list(
            [
                (said, accuracy_words(view.people.accuracy, metric)),
                ("By generator", correlation_words(view.people.correlation)),
            ]
        )
    return section


def limits(study: Study, per_block: dict[str, Filters]) -> Section:
    section = Section("Limits")
    said = [
        "The raters are those who came; they need not stand for other people.",
        (
            "The votes were collected elsewhere: whether raters could tell who made what, and how they were "
            "asked, is not known here."
            if is_imported(study)
            else "Blinding hides names, files and metadata; it cannot hide a style that a rater recognises, "
            "nor an invisible watermark."
        ),
        "A ranking says which pictures were preferred for these prompts, asked in these words.",
    ]
    for filters in per_block.values():
        offered = choices(study, filters.block)
        if offered.is_ranked:
            found = ranking(study, filters)
            said += [warning for warning in found.warnings if warning not in said]
            if found.counts.simulated_votes:
                said.append(f"{plural(found.counts.simulated_votes, 'vote')} counted here were simulated.")
        elif offered.protocol == Protocol.LIKERT:
            said += [warning for warning in opinions(study, filters).warnings if warning not in said]
    section.list([("", line) for line in said])
    return section


def methods(study: Study) -> Section:
    section = Section("Methods, for a paper")
    section.say(paragraph(study))
    section.list([("", line) for line in citations(study)])
    return section


def look_log(study: Study) -> Section:
    section = Section("Look log")
    events = AuditEvent.objects.filter(study=study, verb=looks.VERB)
    section.say(
        "Intervals hold for one look at a fixed number of votes. Each time somebody looked at results while "
        "votes still came in:"
        if events.exists()
        else "The votes came in all at once: nobody could look at results before."
        if is_imported(study)
        else "Nobody looked at results while votes still came in."
    )
    section.table(
        table(
            "Looks while votes came in",
            ["When", "By whom", "Votes then #"],
            [
                [
                    event.at.isoformat(timespec="minutes"),
                    event.actor,
                    num(number(event.data.get("votes")), event.data.get("votes")),
                ]
                for event in events
            ],
        )
    )
    return section
