"""One block: its protocol, question, answers and design. The page hides what the protocol doesn't need;
here it is checked whatever the page hid."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from annotations.forms.base import DescribedForm, key_for, lines
from annotations.forms.criteria import Aspects, Criteria, initial_aspects, initial_criteria
from annotations.models import Block, Design, Pages, Pick, Protocol

OFFERED = [
    (Protocol.PAIRWISE, "Pairs: two pictures side by side, which one wins?"),
    (Protocol.LIKERT, "Ratings: one picture at a time, a number for each criterion"),
    (Protocol.BEST_OF_N, "Best of N: several pictures at once, choose the best"),
    (Protocol.RANKING, "Ranking: several pictures at once, put them in order"),
    (Protocol.FAILURE_REVIEW, "Failure review: one picture, tick what is wrong with it"),
]
DESIGNS = [
    (Design.ROUND_ROBIN, "Full round-robin: every combination once"),
    (Design.BALANCED, "Balanced incomplete: all pairs equally often, fewer in all"),
    (Design.BASELINE, "Linked to a baseline: everybody against one generator"),
    (Design.RANDOM, "Random with quotas: drawn evenly within each category"),
    (Design.ADAPTIVE, "Adaptive: asks most where the ranking is least sure"),
]
# Which of a protocol's answers may call for a reason.
ANSWERS = {
    "left": "A is better",
    "right": "B is better",
    "much_left": "A is much better",
    "much_right": "B is much better",
    "tie": "Tie",
    "both_bad": "Both bad",
    "none": "None",
    "other": "Other",
    "cannot_judge": "Can't judge",
}
OF_PROTOCOL: dict[str, tuple[str, ...]] = {
    Protocol.PAIRWISE: tuple(answer for answer in ANSWERS if answer not in ("none", "other")),
    Protocol.LIKERT: ("cannot_judge",),
    Protocol.BEST_OF_N: ("none", "cannot_judge"),
    Protocol.RANKING: ("cannot_judge",),
    Protocol.FAILURE_REVIEW: ("none", "other"),
}
COMPARING = (Protocol.PAIRWISE, Protocol.BEST_OF_N, Protocol.RANKING)
OPTIONAL = ("points", "pages", "size", "pick", "design", "samples_per_generator")
PLAIN = (
    "title", "protocol", "question", "show_reference", "allow_tie", "allow_both_bad", "allow_cannot_judge",
    "graded", "points", "pages", "size", "pick", "allow_marks", "allow_note", "design",
    "comparisons_per_prompt", "baseline", "samples_per_generator",
)  # fmt: skip


def _flag(label: str) -> forms.BooleanField:
    return forms.BooleanField(required=False, label=label)


def _area(label: str, hint: str, rows: int) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(required=False, max_length=4000, label=label, help_text=hint, widget=widget)


class BlockForm(DescribedForm):
    title = forms.CharField(
        required=False,
        max_length=80,
        label="Name of the block",
        help_text="Raters see it when a study changes from one block to the next.",
    )
    question = forms.CharField(
        max_length=300,
        label="Question",
        help_text="Stands above the pictures, the same words for every answer.",
    )
    protocol = forms.ChoiceField(choices=OFFERED, widget=forms.RadioSelect, label="How raters answer")
    show_reference = _flag("Show the prompt's reference picture beside, where it has one")
    allow_tie = _flag("Raters may say that both are equal")
    allow_both_bad = _flag("Raters may say that all shown are bad")
    allow_cannot_judge = _flag("Raters may say that they can't judge")
    graded = _flag("Ask by how much: much better, slightly better")
    points = forms.TypedChoiceField(
        required=False,
        choices=[(5, "1 to 5"), (7, "1 to 7")],
        coerce=int,
        empty_value=None,
        label="Points",
        help_text="Word at least both ends.",
    )
    pages = forms.ChoiceField(
        required=False,
        choices=Pages.choices,
        label="Criteria",
        help_text="Apart, so that one answer does not colour the next.",
    )
    size = forms.IntegerField(
        required=False, min_value=3, max_value=9, label="Pictures at once", help_text="3 to 9."
    )
    pick = forms.ChoiceField(required=False, choices=Pick.choices, label="Raters choose")
    taxonomy_lines = _area(
        "What can be wrong",
        "One a line, in the order shown. A hint may follow after a colon: Anatomy: hands, limbs, faces.",
        rows=10,
    )
    allow_marks = _flag("Raters may mark the place on the picture")
    allow_note = _flag("Raters may add a note")
    chips = _area("Reasons to choose from", "One a line; empty: none are offered.", rows=4)
    reason_text = _flag("Raters may give a reason in their own words")
    required_for = forms.MultipleChoiceField(
        required=False,
        choices=list(ANSWERS.items()),
        widget=forms.CheckboxSelectMultiple,
        label="A reason is required after",
    )
    design = forms.ChoiceField(required=False, choices=DESIGNS, label="Which pictures meet")
    comparisons_per_prompt = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10000,
        label="Comparisons per prompt",
        help_text="Empty: every pair of generators once.",
    )
    baseline = forms.ChoiceField(
        required=False, label="Baseline", help_text="The generator that all others meet."
    )
    category_quota = _area(
        "Comparisons per category, at most",
        "One number for all, or one category a line: animals: 40. Empty: no limit.",
        2,
    )
    pair_quota = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=1_000_000,
        label="Comparisons per pair, at most",
        help_text="Of the same two generators. Empty: no limit.",
    )
    samples_per_generator = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=100000,
        label="Pictures per generator",
        help_text="Drawn evenly over the categories.",
    )

    def __init__(self, *args: Any, generators: Sequence[str] = (), taxonomy: Any = (), **kwargs: Any) -> None:
        self.generators = generators
        self.known = {row["label"]: row["key"] for row in taxonomy}
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        self.fields["baseline"].choices = [("", "Choose one"), *((name, name) for name in self.generators)]

    def clean_category_quota(self) -> int | dict[str, int] | None:
        """One number, or numbers by category."""
        rows = lines(self.cleaned_data["category_quota"])
        if len(rows) == 1 and rows[0].isdecimal():
            return int(rows[0])
        found = {}
        for row in rows:
            category, _, number = (part.strip() for part in row.rpartition(":"))
            if not category or not number.isdecimal():
                raise forms.ValidationError(f"“{row}”: write a number, or lines like animals: 40.")
            found[category] = int(number)
        return found or None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        protocol, design = cleaned.get("protocol"), cleaned.get("design")
        if protocol in COMPARING and design == Design.BASELINE and not cleaned.get("baseline"):
            self.add_error("baseline", "Say which generator all others meet.")
        if protocol == Protocol.FAILURE_REVIEW and not lines(cleaned.get("taxonomy_lines", "")):
            self.add_error("taxonomy_lines", "Name at least one thing that can be wrong.")
        if cleaned.get("required_for") and not cleaned.get("chips") and not cleaned.get("reason_text"):
            self.add_error("required_for", "Offer reasons to choose from, or room for words.")
        return cleaned

    def settings(self) -> dict[str, Any]:
        """As blocks.update takes them; what was left empty stays as it is."""
        cleaned = self.cleaned_data
        found = {name: cleaned[name] for name in PLAIN}
        protocol = cleaned["protocol"]
        if protocol == Protocol.FAILURE_REVIEW:
            found["taxonomy"] = self._taxonomy()
        if protocol not in COMPARING or cleaned["design"] != Design.BASELINE:
            found["baseline"] = ""
        found["reasons"] = self._reasons(protocol)
        limits = {"category": cleaned["category_quota"], "pair": cleaned["pair_quota"]}
        found["quotas"] = {name: limit for name, limit in limits.items() if limit is not None}
        return {k: v for k, v in found.items() if k not in OPTIONAL or v not in (None, "")}

    def _taxonomy(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for number, line in enumerate(lines(self.cleaned_data["taxonomy_lines"]), start=1):
            label, _, hint = (part.strip() for part in line.partition(":"))
            key = key_for(label, known=self.known, taken=[row["key"] for row in found], number=number)
            found.append({"key": key, "label": label[:80], "hint": hint[:200]})
        return found

    def _reasons(self, protocol: str) -> dict[str, Any]:
        cleaned = self.cleaned_data
        chips: list[dict[str, str]] = []
        for number, label in enumerate(lines(cleaned["chips"]), start=1):
            key = key_for(label, known={}, taken=[chip["key"] for chip in chips], number=number)
            chips.append({"key": key, "label": label[:80]})
        if not chips and not cleaned["reason_text"]:
            return {}
        needed = [answer for answer in cleaned["required_for"] if answer in OF_PROTOCOL[protocol]]
        return {"chips": chips, "text": cleaned["reason_text"], "required_for": needed}


def block_initial(block: Block | None, taxonomy: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the form shows at first. `taxonomy` stands in while the block has none of its own."""
    block = block or Block(title="")
    reasons = block.reasons or {}
    return {
        **{name: getattr(block, name) for name in PLAIN},
        "taxonomy_lines": "\n".join(
            f"{row['label']}: {row['hint']}" if row.get("hint") else row["label"]
            for row in (block.taxonomy or taxonomy)
        ),
        "category_quota": _quota_lines((block.quotas or {}).get("category")),
        "pair_quota": (block.quotas or {}).get("pair"),
        "chips": "\n".join(chip["label"] for chip in reasons.get("chips", [])),
        "reason_text": bool(reasons.get("text")),
        "required_for": reasons.get("required_for", []),
    }


def _quota_lines(quota: int | Mapping[str, int] | None) -> str:
    if isinstance(quota, Mapping):
        return "\n".join(f"{category}: {number}" for category, number in quota.items())
    return "" if quota is None else str(quota)


class BlockPage:
    """A block's form with its rows of criteria, read and checked together."""

    def __init__(
        self,
        data: Any,
        *,
        block: Block | None,
        generators: Sequence[str],
        criteria: Sequence[Mapping[str, Any]],
        taxonomy: Sequence[Mapping[str, str]],
    ) -> None:
        self.form = BlockForm(
            data,
            initial=block_initial(block, taxonomy),
            generators=generators,
            taxonomy=[*taxonomy, *(block.taxonomy if block else [])],
        )
        points = 7 if data and data.get("points") == "7" else 5
        rows = {"criteria": initial_criteria(block, criteria), "aspects": initial_aspects(block)}
        kinds = {"criteria": Criteria, "aspects": Aspects}
        # A page without a set of rows leaves these out; it must not be told that they are incomplete.
        self.sets = {
            prefix: kind(
                data if data and f"{prefix}-TOTAL_FORMS" in data else None,
                prefix=prefix,
                initial=rows[prefix],
                points=points,
            )
            for prefix, kind in kinds.items()
        }

    @property
    def criteria(self) -> Any:
        return self.sets["criteria"]

    @property
    def aspects(self) -> Any:
        return self.sets["aspects"]

    def is_valid(self) -> bool:
        """Criteria only count for their own protocol: a half-filled row behind a hidden fieldset must not
        hold up another."""
        good = self.form.is_valid()
        used = self._used()
        if used is None or not used.is_bound:
            return good
        if used.is_valid() and used is self.criteria and not used.criteria():
            self.form.add_error(None, "Ratings need at least one criterion.")
            return False
        return good and used.is_valid()

    def settings(self) -> dict[str, Any]:
        found = self.form.settings()
        used = self._used()
        if used is not None and used.is_bound and (used.criteria() or used.initial):
            found["criteria"] = used.criteria()
        return found

    def _used(self) -> Any:
        protocol = self.form.cleaned_data.get("protocol") if self.form.is_bound else None
        return {Protocol.LIKERT: self.criteria, Protocol.PAIRWISE: self.aspects}.get(protocol)

    @property
    def problems(self) -> list[str]:
        """What is wrong with rows of criteria, in words."""
        used = self._used()
        if used is None or not used.is_bound:
            return []
        found = list(used.non_form_errors())
        for number, form in enumerate(used.forms, start=1):
            found += [f"Criterion {number}: {' '.join(words)}" for words in form.errors.values()]
        return found
