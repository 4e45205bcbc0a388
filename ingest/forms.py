"""Forms of the pages of this app. Owns: which fields a person sees when files are described."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from archive import access
from archive.records import Details
from archive.types import Actor
from archive.vocabulary import CONTENTS, DOC_TYPES, METHODS, SECRECY, Term
from ingest.types import Description
from inspections.models import Inspection, Issue

MOST_CHOICES = 500
ENGINES = (("", _("As configured")), ("rapidocr", "RapidOCR"), ("tesseract", "Tesseract"))
Choices = list[tuple[str, Any]]


def _terms(terms: Iterable[Term], *, coded: bool = True) -> Choices:
    return [(term.code, f"{term.code} {term}" if coded else str(term)) for term in terms]


def inspection_choices(actor: Actor) -> Choices:
    """The newest inspections that the actor may see."""
    seen = access.visible(Inspection.objects.select_related("unit"), actor).order_by("-created_at")[:MOST_CHOICES]
    return [(str(one.pk), f"{one.number} {one.unit.name}") for one in seen]


def issue_choices(actor: Actor) -> Choices:
    """The newest issues that the actor may see, under their inspections."""
    seen = access.visible(Issue.objects.select_related("inspection__unit"), actor).order_by("-created_at")
    groups: dict[str, list[tuple[str, str]]] = {}
    for one in seen[:MOST_CHOICES]:
        group = f"{one.inspection.number} {one.inspection.unit.name}"
        groups.setdefault(group, []).append((str(one.pk), f"{one.number} {one.title}"))
    return list(groups.items())


class DescriptionForm(forms.Form):
    """What is said of all files of a delivery. Nothing is required; the names are those of the API."""

    inspection_id = forms.ChoiceField(label=_("Inspection"), required=False)
    issue_id = forms.ChoiceField(label=_("Issue"), required=False)
    doc_type = forms.ChoiceField(label=_("Document type"), required=False)
    date = forms.DateField(label=_("Date of making"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    maker = forms.CharField(label=_("Maker"), required=False, max_length=200)
    place = forms.CharField(label=_("Place"), required=False, max_length=300)
    methods = forms.MultipleChoiceField(label=_("Methods"), required=False, widget=forms.CheckboxSelectMultiple)
    contents = forms.MultipleChoiceField(label=_("Contents"), required=False, widget=forms.CheckboxSelectMultiple)
    secrecy = forms.ChoiceField(label=_("Secrecy"), required=False, initial="INTERNAL")
    ocr_engine = forms.ChoiceField(label=_("OCR engine for scans"), required=False, choices=ENGINES)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self._offer("inspection_id", [("", _("None yet")), *inspection_choices(actor)])
        self._offer("issue_id", [("", _("None yet")), *issue_choices(actor)])
        self._offer("doc_type", [("", _("Not said")), *_terms(DOC_TYPES.values())])
        self._offer("methods", _terms(METHODS.values()))
        self._offer("contents", _terms(CONTENTS.values()))
        self._offer("secrecy", _terms(SECRECY.values(), coded=False))

    def _offer(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def described(self) -> Description:
        """The checked values."""
        values = dict(self.cleaned_data)
        for name in ("inspection_id", "issue_id"):
            values[name] = UUID(values[name]) if values[name] else None
        for name in ("methods", "contents"):
            values[name] = tuple(values[name])
        values["secrecy"] = values["secrecy"] or "INTERNAL"
        return Description(**{name: value for name, value in values.items() if name in Description.__annotations__})


class BatchForm(DescriptionForm):
    """Changes to many records at once: an empty field leaves them as they are."""

    reason = forms.CharField(label=_("Reason (kept in the history)"), required=False, max_length=500)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, actor=actor, **kwargs)
        del self.fields["ocr_engine"]
        unchanged = ("", _("Leave as it is"))
        self._offer("inspection_id", [unchanged, *inspection_choices(actor)])
        self._offer("issue_id", [unchanged, *issue_choices(actor)])
        self._offer("doc_type", [unchanged, *_terms(DOC_TYPES.values())])
        self._offer("secrecy", [unchanged, *_terms(SECRECY.values(), coded=False)])
        self.fields["secrecy"].initial = ""

    def details(self) -> Details:
        """Only what was filled in."""
        values = self.cleaned_data
        return Details(
            doc_type=values["doc_type"] or None,
            date=values["date"],
            maker=values["maker"] or None,
            place=values["place"] or None,
            methods=tuple(values["methods"]) or None,
            contents=tuple(values["contents"]) or None,
            secrecy=values["secrecy"] or None,
        )

    def links(self) -> list[tuple[str, UUID]]:
        """Inspection and issue to link the records to."""
        pairs = (("inspection", self.cleaned_data["inspection_id"]), ("issue", self.cleaned_data["issue_id"]))
        return [(kind, UUID(value)) for kind, value in pairs if value]


class ListForm(forms.Form):
    """A metadata list to be looked at."""

    list = forms.FileField(
        label=_("List (CSV or XLSX)"), widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"})
    )
