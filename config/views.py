"""Sign-in, sign-out and the language of the pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.forms import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from archive import custody
from archive.access import actor_for, actor_of
from archive.models import Account, CustodyEvent
from archive.types import Actor

TRIES = 10
WINDOW = timedelta(minutes=10)
LANGUAGES = ("zh-hans", "en")


class SignInForm(AuthenticationForm):
    """Name and password; after `TRIES` failures from one address within `WINDOW` it waits."""

    error_messages = {
        "invalid_login": _("User name and password do not belong together. Both are case-sensitive."),
        "inactive": _("This account is closed."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["password"].label = _("Password")

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username", "")
        if username and self.request is not None and _tries(username, self.request) >= TRIES:
            raise ValidationError(_("Too many failed attempts. Wait ten minutes, then try again."), code="too-many")
        return super().clean()


def _tries(username: str, request: HttpRequest) -> int:
    since = datetime.now(UTC) - WINDOW
    rows = CustodyEvent.objects.filter(
        subject_kind="sign-in", subject_id=username[:64], event="sign-in failed", at__gte=since
    )
    return rows.filter(address=request.META.get("REMOTE_ADDR", "")[:45]).count()


class SignIn(LoginView):
    """The sign-in page. Both outcomes are custody events."""

    template_name = "sign-in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        account = form.get_user()
        if isinstance(account, Account):
            address = self.request.META.get("REMOTE_ADDR", "")
            custody.note("sign-in", subject=("account", account.pk), actor=actor_for(account, address=address))
            if account.language in LANGUAGES:
                answer.set_cookie("django_language", account.language, samesite="Lax")
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        username = str(form.data.get("username", ""))[:64].replace("\x00", "")
        if username and not form.has_error("__all__", "too-many"):
            who = Actor(id=None, name="", address=self.request.META.get("REMOTE_ADDR", ""))
            custody.note("sign-in failed", subject=("sign-in", username), actor=who)
        return super().form_invalid(form)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    actor = actor_of(request)
    if actor.id is not None:
        custody.note("sign-out", subject=("account", actor.id), actor=actor)
    logout(request)
    return redirect("sign-in")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language of the pages and remember it with the account."""
    wanted = request.POST.get("language", "")
    actor = actor_of(request)
    if actor.id is not None and wanted in LANGUAGES:
        Account.objects.filter(pk=actor.id).update(language=wanted)
    if urlsplit(request.POST.get("next", "")).path == request.path:
        return redirect("home")
    return set_language(request)
