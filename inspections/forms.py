"""Forms for opening inspections and entering issues, in the simple form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from archive.models import Account
from archive.vocabulary import CONTENTS, METHODS
from inspections.models import Batch, OrgUnit, Team

KINDS = (
    ("township", _("Township")),
    ("street", _("Street office")),
    ("department", _("Department")),
    ("village", _("Village")),
    ("enterprise", _("Enterprise")),
)
LEVELS = (("ORDINARY", _("Ordinary")), ("IMPORTANT", _("Important")), ("MAJOR", _("Major")))


def _date(label: Any, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget)


class InspectionForm(forms.Form):
    """A unit, a batch and a team; the unit and the batch may be new."""

    unit = forms.CharField(label=_("Unit"), max_length=200)
    unit_kind = forms.ChoiceField(label=_("Kind of unit"), choices=KINDS)
    year = forms.IntegerField(label=_("Year"), min_value=2000, max_value=2100)
    batch_number = forms.IntegerField(label=_("Batch of the year"), min_value=1, max_value=99, initial=1)
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), required=False, empty_label=_("A new team")
    )
    team_name = forms.CharField(label=_("Name of the new team"), max_length=100, required=False)
    leader = forms.ModelChoiceField(label=_("Leader"), queryset=Account.objects.none(), required=False, empty_label="—")
    members = forms.ModelMultipleChoiceField(
        label=_("Members"), queryset=Account.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    starts = _date(_("From"))
    ends = _date(_("Until"))
    purpose = forms.CharField(label=_("Purpose"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["year"].initial = timezone.localdate().year
        people = Account.objects.filter(is_active=True, role_rows__role__in=("INSPECTOR", "OFFICE")).distinct()
        chosen: dict[str, Any] = {
            "team": Team.objects.select_related("batch").order_by("-batch__year", "name"),
            "leader": people.order_by("name"),
            "members": people.order_by("name"),
        }
        for name, queryset in chosen.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not told.get("team") and not (told.get("team_name") and told.get("leader")):
            self.add_error("team", _("Choose a team, or name a new one with its leader and members."))
        team = told.get("team")
        if team and (team.batch.year, team.batch.number) != (told.get("year"), told.get("batch_number")):
            self.add_error("team", _("This team belongs to another batch."))
        if told.get("starts") and told.get("ends") and told["ends"] < told["starts"]:
            self.add_error("ends", _("The end lies before the start."))
        return told


class IssueForm(forms.Form):
    """What was found."""

    title = forms.CharField(label=_("What was found"), max_length=300)
    level = forms.ChoiceField(label=_("Level"), choices=LEVELS)
    found_on = _date(_("Found on"))
    place = forms.CharField(label=_("Place"), max_length=300, required=False)
    description = forms.CharField(label=_("Description"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    contents = forms.MultipleChoiceField(label=_("Contents"), widget=forms.CheckboxSelectMultiple)
    methods = forms.MultipleChoiceField(label=_("Methods"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        for name, terms in (("contents", CONTENTS), ("methods", METHODS)):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(term.code, f"{term.code} {term}") for term in terms.values()]


def suggestions() -> dict[str, list[str]]:
    """Names that are known already, for the lists under the fields."""
    return {"units": list(OrgUnit.objects.order_by("name").values_list("name", flat=True)[:1000])}


def batch_name(year: int, number: int) -> str:
    """The name of a batch that is opened by its number."""
    known = Batch.objects.filter(year=year, number=number).values_list("name", flat=True).first()
    return known or f"{year}年第{number}批"
