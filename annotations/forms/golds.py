"""A known answer: which pictures of a prompt are shown, and what is right about them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from annotations import protocols
from annotations.forms.base import DescribedForm
from annotations.models import Block, GoldUse, Image, Panel, PanelKind, Protocol, Study
from annotations.protocols.failures import taxonomy

NOT_SHOWN, SHOWN, BEST, WORST = "", "shown", "best", "worst"


class GoldForm(DescribedForm):
    use = forms.ChoiceField(choices=GoldUse.choices, label="What for", initial=GoldUse.CHECK)
    explanation = forms.CharField(
        required=False,
        max_length=500,
        label="Why this is right",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Shown as feedback in practice.",
    )

    def __init__(
        self,
        *args: Any,
        block: Block,
        images: Sequence[Image],
        criteria: Sequence[Mapping[str, Any]],
        **kwargs: Any,
    ) -> None:
        self.block, self.images, self.criteria = block, images, criteria
        self.slots = protocols.slots({"protocol": block.protocol, "size": block.size})
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        if self.slots > 1:
            self._add_roles()
        else:
            self._add_single()

    def _add_roles(self) -> None:
        best = "The right answer" if self.block.protocol == Protocol.PAIRWISE else "The best"
        roles = [(NOT_SHOWN, "Not shown"), (SHOWN, "Shown"), (BEST, best)]
        if self.block.protocol != Protocol.PAIRWISE:
            roles.append((WORST, "The worst"))
        for number, image in enumerate(self.images, start=1):
            self.fields[f"role_{image.public_id}"] = forms.ChoiceField(
                required=False, choices=roles, label=f"{number}. {image.generator.name}"
            )

    def _add_single(self) -> None:
        choices = [(image.public_id, image.generator.name) for image in self.images]
        self.fields["image"] = forms.ChoiceField(choices=choices, label="Picture", widget=forms.RadioSelect)
        if self.block.protocol == Protocol.FAILURE_REVIEW:
            kinds = [(row["key"], row["label"]) for row in taxonomy({"taxonomy": self.block.taxonomy})]
            self.fields["failures"] = forms.MultipleChoiceField(
                required=False,
                choices=kinds,
                widget=forms.CheckboxSelectMultiple,
                label="What is wrong with it",
                help_text="These must be named. None: the right answer is that nothing is wrong.",
            )
            return
        for row in self.criteria:
            for end, word in (("low", "at least"), ("high", "at most")):
                self.fields[f"{end}_{row['key']}"] = forms.IntegerField(
                    required=False, min_value=1, max_value=self.block.points, label=f"{row['label']}, {word}"
                )

    @property
    def picks(self) -> list[tuple[Image, forms.BoundField]]:
        return [(image, self[f"role_{image.public_id}"]) for image in self.images] if self.slots > 1 else []

    @property
    def rating_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(("low_", "high_"))]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.slots > 1:
            self._check_roles(cleaned)
        elif self.block.protocol == Protocol.LIKERT and not self._ratings(cleaned):
            self.add_error(None, "Give lowest and highest rating of at least one criterion.")
        return cleaned

    def _check_roles(self, cleaned: Mapping[str, Any]) -> None:
        roles = [cleaned.get(f"role_{image.public_id}") or NOT_SHOWN for image in self.images]
        shown = len(self.images) - roles.count(NOT_SHOWN)
        if shown != self.slots:
            self.add_error(None, f"Choose {self.slots} pictures to show; {shown} are chosen.")
        if roles.count(BEST) > 1 or roles.count(WORST) > 1:
            self.add_error(None, "Only one picture can be the right answer.")
        elif BEST not in roles and WORST not in roles:
            self.add_error(None, "Say which picture is the right answer.")

    def _ratings(self, cleaned: Mapping[str, Any]) -> dict[str, list[int]]:
        found = {}
        for row in self.criteria:
            low, high = cleaned.get(f"low_{row['key']}"), cleaned.get(f"high_{row['key']}")
            if low or high:
                found[row["key"]] = [low or 1, high or self.block.points]
        return found

    def settings(self) -> dict[str, Any]:
        """As golds.add takes them."""
        cleaned = self.cleaned_data
        words = {"use": cleaned["use"], "explanation": cleaned["explanation"]}
        if self.slots == 1:
            return {**words, "images": [cleaned["image"]], "expected": self._expected_single(cleaned)}
        roles = {image.public_id: cleaned[f"role_{image.public_id}"] for image in self.images}
        shown = [name for name, role in roles.items() if role]
        ends = {roles[name]: place for place, name in enumerate(shown) if roles[name] in (BEST, WORST)}
        expected = {"slot": ends[BEST]} if self.block.protocol == Protocol.PAIRWISE else ends
        return {**words, "images": shown, "expected": expected}

    def _expected_single(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        if self.block.protocol == Protocol.LIKERT:
            return {"ratings": self._ratings(cleaned)}
        return {"failures": cleaned["failures"]} if cleaned["failures"] else {"none": True}


class FromPanelForm(DescribedForm):
    """Which experts' unanimous answers are taken over, into which block."""

    panel = forms.ChoiceField(label="Experts")
    block = forms.ChoiceField(label="Into the block")
    use = forms.ChoiceField(choices=GoldUse.choices, label="What for")
    least = forms.IntegerField(
        min_value=1, max_value=100, initial=2, label="Experts at least", help_text="Who say the same."
    )

    def __init__(self, *args: Any, study: Study, **kwargs: Any) -> None:
        self.study = study
        super().__init__(*args, **kwargs)

    def add_fields(self) -> None:
        panels = Panel.objects.filter(kind=PanelKind.EXPERT).exclude(study=self.study).select_related("study")
        self.fields["panel"].choices = [
            (panel.public_id, f"{panel.name}, {panel.study.name}") for panel in panels
        ]
        self.fields["block"].choices = [(block.public_id, str(block)) for block in self.study.blocks.all()]
