"""What each column of an export means. Order here is the order in the files."""

from dataclasses import dataclass

TEXT, WHOLE, REAL = "text", "whole", "real"


@dataclass(frozen=True)
class Column:
    name: str
    kind: str  # text, whole or real
    meaning: str


@dataclass(frozen=True)
class Table:
    name: str
    label: str
    about: str
    columns: tuple[Column, ...]


def _columns(*rows: tuple[str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(*row) for row in rows)


VOTES = Table(
    "votes",
    "Votes",
    "One row per standing vote and criterion, attention checks included. Undone votes are not here.",
    _columns(
        ("vote_id", TEXT, "Public id of the vote; a vote on several criteria has several rows."),
        ("study", TEXT, "Public id of the study."),
        ("block", TEXT, "Key of the block whose question was answered."),
        ("comparison", TEXT, "Public id of the comparison that was answered."),
        ("prompt_id", TEXT, "prompt_id of the manifest."),
        ("category", TEXT, "Category of the prompt."),
        ("panel", TEXT, "Name of the panel."),
        ("panel_kind", TEXT, "crowd, expert or judge. Judges are machines: never pooled with people."),
        ("rater", TEXT, "Pseudonym of the rater, the same in all exports of the study."),
        (
            "kind",
            TEXT,
            "regular, check, repeat, practice, quiz, or surplus (came when its place was filled). "
            "Only regular votes are ranked.",
        ),
        ("protocol", TEXT, "pairwise, likert, best_of_n, ranking or failure_review."),
        ("criterion", TEXT, "What the answer is about; best, worst, ranking or failures in other protocols."),
        ("shown_left", TEXT, "Generator of the picture on the left, or of the first or only picture."),
        ("shown_right", TEXT, "Generator of the picture on the right; empty where there is no pair."),
        ("generator_a", TEXT, "The same generators in an order that does not depend on sides: first."),
        ("generator_b", TEXT, "Second; empty where there is no pair."),
        ("outcome", TEXT, "Pairs: left, right, tie or both_bad, as shown; empty for “can't judge”."),
        ("rating", WHOLE, "Points given where there are ratings; place chosen (from 0) in best-of-N."),
        ("shown", TEXT, "Generators in the order shown, as a JSON list."),
        ("answer", TEXT, "The answer as stored, as JSON; places count from 0 in the order shown."),
        ("remarks", TEXT, "Reasons and marks given with the answer, as JSON; empty without."),
        ("answer_ms", WHOLE, "Milliseconds from both pictures decoded to the answer."),
        ("simulated", TEXT, "yes for votes by simulated raters, no otherwise."),
        ("excluded", TEXT, "Why the rater does not count at the moment, by rule or by hand; empty if not."),
        ("excluded_by", TEXT, "rule, hand or both; empty if the rater counts."),
        ("check_kind", TEXT, "For checks: degraded, instructed or gold."),
        ("check_passed", TEXT, "For checks: yes or no."),
        ("created_at", TEXT, "When the vote was stored (ISO 8601, UTC)."),
    ),
)
RATERS = Table(
    "raters",
    "Raters",
    "One row per rater with at least one vote, excluded ones included.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("rater", TEXT, "Pseudonym of the rater."),
        ("panel", TEXT, "Name of the panel."),
        ("simulated", TEXT, "yes or no."),
        ("excluded", TEXT, "Reason of the standing exclusion; empty if there is none."),
        ("votes", WHOLE, "Regular votes."),
        ("checks", WHOLE, "Attention checks answered."),
        ("checks_passed", WHOLE, "Of these, passed."),
        ("median_ms", REAL, "Median answer time in milliseconds."),
        ("left_share", REAL, "Share of left among decided votes."),
        ("left_low", REAL, "Lower bound of its 95 % Wilson interval."),
        ("left_high", REAL, "Upper bound."),
        ("tie_share", REAL, "Share of ties and both-bad answers."),
        ("longest_run", WHOLE, "Longest run of the same side (of the same answer in a Likert study)."),
        ("agreement", REAL, "Share of votes that agree with the majority of the other raters."),
        ("agreement_n", WHOLE, "Votes for which the others have one majority."),
        ("mean", REAL, "Likert: mean of all points given."),
        ("sd", REAL, "Likert: their standard deviation."),
    ),
)
IMAGES = Table(
    "images",
    "Images",
    "One row per image of the study.",
    _columns(
        ("image", TEXT, "Public id of the image."),
        ("study", TEXT, "Public id of the study."),
        ("prompt_id", TEXT, "prompt_id of the manifest."),
        ("prompt", TEXT, "Text of the prompt."),
        ("category", TEXT, "Category of the prompt."),
        ("generator", TEXT, "Who made the image."),
        ("seed", TEXT, "Seed, where the manifest gave one."),
        ("sha256", TEXT, "Hash of the file as it came."),
        ("format", TEXT, "Format of the file."),
        ("width", WHOLE, "Pixels."),
        ("height", WHOLE, "Pixels."),
        ("bytes", WHOLE, "Size of the file."),
    ),
)
SCORES = Table(
    "scores",
    "Scores",
    "One row per image and metric, and one per generator for metrics of whole sets.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("image", TEXT, "Public id of the image; empty for a score of a set."),
        ("prompt_id", TEXT, "prompt_id of the manifest; empty for a score of a set."),
        ("category", TEXT, "Category of the prompt; empty for a score of a set."),
        ("generator", TEXT, "Who made the image or the set."),
        ("metric", TEXT, "Name of the metric."),
        ("version", TEXT, "Its version."),
        ("extractor", TEXT, "Network that made the features, if any."),
        ("weights_sha256", TEXT, "Checksum of its weights."),
        ("state", TEXT, "done, or why there is no value yet: pending, claimed, unavailable, parked."),
        ("value", REAL, "The score."),
        ("low", REAL, "Scores of sets: lower bound of the interval."),
        ("high", REAL, "Scores of sets: upper bound."),
        ("n", WHOLE, "Scores of sets: images in the set."),
        ("reference_set", TEXT, "Scores of sets: what the set is compared with."),
        ("warning", TEXT, "What to beware of."),
        ("computed_at", TEXT, "When it was computed (ISO 8601, UTC)."),
    ),
)
RANKING = Table(
    "ranking",
    "Ranking",
    "One row per generator under the filter of the address, which the first columns repeat.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("block", TEXT, "Key of the block."),
        ("filter", TEXT, "The filter in words; empty for the usual one."),
        ("method", TEXT, "How strengths were estimated."),
        ("design_hash", TEXT, "SHA-256 of the frozen design."),
        ("version", TEXT, "Version of the software."),
        ("rank", WHOLE, "Place by points, within a connected component."),
        ("generator", TEXT, "The generator."),
        ("points", REAL, "Strength in points, 400 for odds of 10 to 1, mean 1000."),
        ("low", REAL, "Lower bound of the 95 % interval, clustered by rater."),
        ("high", REAL, "Upper bound."),
        ("rank_low", WHOLE, "Best place that the data leave open, for all generators at once."),
        ("rank_high", WHOLE, "Worst place."),
        ("group", WHOLE, "Statistically tied group."),
        ("wins", REAL, "Votes won."),
        ("losses", REAL, "Votes lost."),
        ("ties", REAL, "Ties."),
        ("both_bad", REAL, "Both bad."),
        ("n", REAL, "Votes."),
        ("raters", WHOLE, "Raters who voted on it."),
        ("win_rate", REAL, "(wins + half of ties and both-bad) / votes."),
        ("prob_best", REAL, "Share of bootstrap draws in which it leads."),
        ("component", WHOLE, "Connected part of the comparisons; points compare within one only."),
        ("note", TEXT, "Why a number is absent."),
        (
            "composite",
            REAL,
            "Mean composite of the generator's images by the study's niche, 0 to 100: machines' scores, no "
            "human preference. A barred image counts as 0. Empty where no niche is chosen.",
        ),
        ("composite_low", REAL, "Lower bound of its 95 % interval, clustered by prompt."),
        ("composite_high", REAL, "Upper bound."),
        ("composite_n", WHOLE, "Images behind it."),
        ("composite_barred", WHOLE, "Of these, images that break a hard limit."),
        ("composite_note", TEXT, "Why it is absent, or which images have none."),
        ("niche", TEXT, "Name and version of the niche."),
        ("niche_definition", TEXT, "Metrics, weights, limits, calibration population and checksum, as JSON."),
    ),
)
OPINIONS = Table(
    "ranking",
    "Opinion scores",
    "One row per generator and criterion under the filter of the address.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("block", TEXT, "Key of the block."),
        ("filter", TEXT, "The filter in words; empty for the usual one."),
        ("design_hash", TEXT, "SHA-256 of the frozen design."),
        ("version", TEXT, "Version of the software."),
        ("criterion", TEXT, "What was rated."),
        ("generator", TEXT, "The generator."),
        ("mean", REAL, "Mean opinion score."),
        ("low", REAL, "Lower bound of the 95 % interval, clustered by rater."),
        ("high", REAL, "Upper bound."),
        ("median", REAL, "Median."),
        ("sd", REAL, "Standard deviation."),
        ("n", WHOLE, "Ratings."),
        ("raters", WHOLE, "Raters."),
    ),
)
FAILURES = Table(
    "ranking",
    "Failures",
    "One row per generator and failure under the filter of the address.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("block", TEXT, "Key of the block."),
        ("filter", TEXT, "The filter in words; empty for the usual one."),
        ("design_hash", TEXT, "SHA-256 of the frozen design."),
        ("version", TEXT, "Version of the software."),
        ("failure", TEXT, "Key of the failure in the block's taxonomy; any for at least one."),
        ("generator", TEXT, "The generator."),
        ("images", WHOLE, "Reviewed images."),
        ("with_failure", WHOLE, "Images in which at least half of the reviewers named the failure."),
        ("rate", REAL, "Their share."),
        ("low", REAL, "Lower bound of its 95 % Wilson interval."),
        ("high", REAL, "Upper bound."),
    ),
)
COMPARISONS = Table(
    "comparisons",
    "Comparisons",
    "One row per comparison of the study, attention checks included.",
    _columns(
        ("comparison", TEXT, "Public id of the comparison."),
        ("study", TEXT, "Public id of the study."),
        ("block", TEXT, "Key of the block whose question is asked."),
        ("prompt_id", TEXT, "prompt_id of the manifest."),
        ("category", TEXT, "Category of the prompt."),
        ("kind", TEXT, "regular, check, practice or quiz."),
        ("check_kind", TEXT, "Where the answer is known: degraded, instructed or gold."),
        ("generators", TEXT, "Generators in canonical order, as a JSON list."),
        ("images", TEXT, "Public ids of their images, as a JSON list."),
        ("expected", TEXT, "The known answer in canonical terms, as JSON."),
    ),
)
AUDIT = Table(
    "audit",
    "Audit",
    "One row per event of the study's audit chain; the recount verifies its hashes.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("sequence", WHOLE, "Place in the chain, from 1."),
        ("actor", TEXT, "Who did it: a user name, a rater's pseudonym, or system."),
        ("verb", TEXT, "What was done."),
        ("subject", TEXT, "To what."),
        ("data", TEXT, "Particulars, as JSON."),
        ("at", TEXT, "When (ISO 8601, UTC)."),
        ("previous", TEXT, "Hash of the event before."),
        ("hash", TEXT, "SHA-256 of all of this."),
    ),
)
PREFERENCES = Table(
    "preferences",
    "Preference pairs",
    "One row per pair of images that one was preferred in, under the filter: the usual shape for training "
    "reward models and direct preference optimisation. Pairs without a majority are left out.",
    _columns(
        ("study", TEXT, "Public id of the study."),
        ("prompt_id", TEXT, "prompt_id of the manifest."),
        ("prompt", TEXT, "Text of the prompt."),
        ("category", TEXT, "Category of the prompt."),
        ("criterion", TEXT, "What the answers are about."),
        ("chosen", TEXT, "Public id of the image that more raters preferred."),
        ("rejected", TEXT, "Public id of the other."),
        ("chosen_sha256", TEXT, "Hash of the chosen file as it came."),
        ("rejected_sha256", TEXT, "Hash of the rejected one."),
        ("chosen_generator", TEXT, "Who made the chosen image."),
        ("rejected_generator", TEXT, "Who made the rejected one."),
        (
            "margin",
            REAL,
            "(votes for chosen − votes for rejected) / votes, ties and both-bad among them.",
        ),
        ("votes", WHOLE, "Votes on this pair."),
        ("ties", WHOLE, "Of these, ties and both-bad answers."),
        ("raters", WHOLE, "Raters."),
    ),
)
TABLES = {
    table.name: table for table in (VOTES, COMPARISONS, RATERS, IMAGES, SCORES, RANKING, PREFERENCES, AUDIT)
}
