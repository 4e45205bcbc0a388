"""Forms of the record, inspection and issue pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from archive.models import Record
from archive.records import Details
from archive.vocabulary import CONTENTS, DOC_TYPES, METHODS, SECRECY


def coded(terms: Any) -> list[tuple[str, str]]:
    """Choices of a vocabulary, code and name."""
    return [(term.code, f"{term.code} {term}") for term in terms.values()]


class DescribeForm(forms.Form):
    """What people say of one record."""

    title = forms.CharField(label=_("Title"), max_length=500)
    doc_type = forms.ChoiceField(label=_("Document type"), required=False)
    date = forms.DateField(
        label=_("Date of making"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    maker = forms.CharField(label=_("Maker"), required=False, max_length=200)
    place = forms.CharField(label=_("Place"), required=False, max_length=300)
    secrecy = forms.ChoiceField(label=_("Secrecy"))
    methods = forms.MultipleChoiceField(label=_("Methods"), required=False, widget=forms.CheckboxSelectMultiple)
    contents = forms.MultipleChoiceField(label=_("Contents"), required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label=_("Reason (kept in the history)"), required=False, max_length=500)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        offered: dict[str, list[tuple[str, Any]]] = {
            "doc_type": [("", _("Not said")), *coded(DOC_TYPES)],
            "secrecy": [(term.code, str(term)) for term in SECRECY.values()],
            "methods": coded(METHODS),
            "contents": coded(CONTENTS),
        }
        for name, choices in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    @staticmethod
    def of(record: Record) -> dict[str, Any]:
        """The record's present values."""
        names = ("title", "doc_type", "date", "maker", "place", "secrecy", "methods", "contents", "version")
        return {name: getattr(record, name) for name in names}

    def details(self) -> Details:
        """The values as they are to be; an emptied date stays as it was, for `Details` has no empty date."""
        told = self.cleaned_data
        return Details(
            title=told["title"],
            doc_type=told["doc_type"],
            date=told["date"],
            maker=told["maker"],
            place=told["place"],
            methods=tuple(told["methods"]),
            contents=tuple(told["contents"]),
            secrecy=told["secrecy"],
        )
