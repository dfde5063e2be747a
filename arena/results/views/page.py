"""What all results pages of a study share: tabs, filter form, downloads, and how the numbers came about."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from annotations.models import Study
from arena.results.filters import Choices, Filters, asked, words
from arena.results.imported import is_imported
from arena.results.labels import EXCLUSION_LABELS, plural
from arena.results.selection import Counts
from arena.results.software import version
from arena.results.words import left_out_words

TAB_LABELS = {
    "ranking": "Ranking",
    "agreement": "Agreement and position",
    "comparisons": "Comparisons",
    "prompts": "Prompts",
    "intervals": "Intervals",
    "robustness": "Robustness",
    "model": "Model",
    "joint": "All blocks",
    "trends": "Over time",
    "raters": "Raters",
    "diagnosis": "Rater diagnosis",
    "scores": "Scores",
    "metrics": "Metrics against people",
    "report": "Report",
    "export": "Export",
}
FIRST_TABS = {"likert": "Opinion scores", "failure_review": "Failures"}
# Which votes a page counts.
VOTES = ("exclusions", "since", "until")
# Which parts of the filter each page heeds.
FILTERED = {
    "ranking": ("block", "category", "panel", "criterion", "simulated", *VOTES, "method", "baseline"),
    "agreement": ("block", "category", "panel", "criterion", "simulated", *VOTES),
    "joint": ("category", "panel", "simulated", *VOTES),
    "trends": (),
    "model": ("block", "category", "panel", "criterion", "simulated", *VOTES),
    "comparisons": ("block", "category", "panel", "criterion", "simulated", *VOTES),
    "prompts": ("block", "category", "panel", "criterion", "simulated", *VOTES),
    "robustness": ("block", "category", "panel", "criterion", "simulated", *VOTES, "method"),
    "intervals": ("block", "category", "panel", "criterion", "simulated", *VOTES, "method", "baseline"),
    "raters": ("block", "category", "panel", "simulated"),
    "diagnosis": ("block", "category", "panel", "criterion", "simulated"),
    "scores": ("block", "category", "panel", "criterion", "simulated", *VOTES),
    "metrics": ("block", "category", "panel", "criterion", "simulated", *VOTES),
    "report": ("block", "category", "panel", "criterion", "simulated", *VOTES, "method", "baseline"),
    "export": ("block",),
}
ADDRESSES = {"ranking": "results"} | {name: f"results-{name}" for name in FILTERED if name != "ranking"}


@dataclass(frozen=True)
class Field:
    name: str
    label: str
    options: list[tuple[str, str]]
    chosen: str

    @property
    def is_day(self) -> bool:
        return self.name in ("since", "until")


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    url: str


class Page:
    """One results page: the study, the filter of its address, and what templates need around the answer."""

    def __init__(self, request: HttpRequest, study: Study, name: str) -> None:
        self.study = study
        self.name = name
        self.offered: Choices
        self.filters: Filters
        self.offered, self.filters = asked(request.GET, study)
        self.query = self.offered.query(self.filters)
        self.changed = self.filters != self.offered.default

    @property
    def label(self) -> str:
        return self._label(self.name)

    def _label(self, name: str) -> str:
        if name == "agreement" and not self.offered.is_pairwise:
            return "Agreement"
        if name == "ranking":
            return FIRST_TABS.get(self.offered.protocol, TAB_LABELS[name])
        return TAB_LABELS[name]

    @property
    def tabs(self) -> list[Tab]:
        return [Tab(name, self._label(name), self.address(name)) for name in TAB_LABELS if self._has(name)]

    def _has(self, name: str) -> bool:
        if name in ("comparisons", "model", "trends"):
            return self.offered.is_pairwise
        if name == "joint":
            return len(self.offered.blocks) > 1
        return name not in ("robustness", "intervals") or self.offered.is_ranked

    def address(self, name: str) -> str:
        return reverse(ADDRESSES[name], args=[self.study.public_id]) + self.query

    def comparison(self, first: str, second: str, prompt: str) -> str:
        """Where the comparisons of two generators on a prompt are shown."""
        more = urlencode({"first": first, "second": second, "prompt": prompt})
        own = reverse(ADDRESSES["comparisons"], args=[self.study.public_id])
        return f"{own}{self.query}&{more}" if self.query else f"{own}?{more}"

    @property
    def own_address(self) -> str:
        return self.address(self.name)

    @property
    def agreement_url(self) -> str:
        return self.address("agreement")

    @property
    def raters_url(self) -> str:
        return self.address("raters")

    @property
    def filtered(self) -> bool:
        return bool(self.fields)

    @property
    def fields(self) -> list[Field]:
        offered, chosen = self.offered, self.filters
        lists = {
            "block": ("Block", offered.blocks, len(offered.blocks) > 1),
            "category": (
                "Category",
                [("", "All categories"), *offered.categories],
                len(offered.categories) > 1,
            ),
            "panel": ("Panel", offered.panel_options, len(offered.panels) > 1),
            "criterion": (
                "Criterion",
                offered.criteria,
                len(offered.criteria) > 1 and offered.is_pairwise,
            ),
            "simulated": ("Simulated votes", offered.simulated, offered.has_simulated),
            "exclusions": ("Excluded raters", list(EXCLUSION_LABELS.items()), True),
            # Votes made elsewhere all bear the day of their import.
            "since": ("Since", [], not is_imported(self.study)),
            "until": ("Until", [], not is_imported(self.study)),
            "method": ("Method", offered.methods, offered.is_pairwise),
            "baseline": (
                "Baseline",
                [("", "Mean of all"), *((name, name) for name in offered.generators)],
                offered.is_ranked,
            ),
        }
        return [
            Field(name, lists[name][0], lists[name][1], getattr(chosen, name))
            for name in FILTERED[self.name]
            if lists[name][2]
        ]

    def download(self, kind: str, fmt: str) -> str:
        return reverse("export", args=[self.study.public_id, kind, fmt]) + self.query

    def report(self, fmt: str) -> str:
        return reverse("report", args=[self.study.public_id, fmt]) + self.query

    @property
    def ranking_downloads(self) -> list[tuple[str, str]]:
        return [(label, self.download("ranking", fmt)) for fmt, label in FORMAT_LABELS.items()]

    def context(self, **more: Any) -> dict[str, Any]:
        return {"nav": "studies", "study": self.study, "page": self, "filters": self.filters} | more

    @property
    def filter_words(self) -> str:
        said = "; ".join(words(self.filters, self.offered)) or "none"
        return said[:1].upper() + said[1:]

    def conditions(self, counts: Counts) -> list[tuple[str, str]]:
        """What was counted, left out, and by which version, for the foot of a page."""
        lines = [
            ("Counted", f"{plural(counts.votes, 'vote')} by {plural(counts.raters, 'rater')}"),
            ("Left out", left_out_words(counts)),
            ("Filter", self.filter_words),
        ]
        if self.study.design_hash:
            lines.append(("Design", f"SHA-256 {self.study.design_hash}"))
        return [*lines, ("Software", f"Arena {version()}")]


FORMAT_LABELS = {"csv": "CSV", "jsonl": "JSONL", "parquet": "Parquet"}
