"""What all forms of the designers' pages share."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.text import slugify


class DescribedForm(forms.Form):
    """Ties every field to its hint and its error, so that a screen reader reads them together."""

    def __init__(self, *args: Any, without: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name in without:
            del self.fields[name]
        self.add_fields()
        for name, field in self.fields.items():
            base = f"id_{self.add_prefix(name)}"
            described = [f"{base}_hint"] if field.help_text else []
            if self.is_bound and name in self.errors:
                described.append(f"{base}_error")
                field.widget.attrs["aria-invalid"] = "true"
            if described:
                field.widget.attrs["aria-describedby"] = " ".join(described)

    def add_fields(self) -> None:
        """Fields that depend on what the form is about; they are there before anything is checked."""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def key_for(label: str, *, known: Mapping[str, str], taken: Collection[str], number: int) -> str:
    """The key that a label had before, or a new one made from its letters."""
    key = known.get(label) or slugify(label)[:40] or f"item-{number}"
    return key if key not in taken else f"{key[:36]}-{number}"
