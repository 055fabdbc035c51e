"""Home: what waits, by urgency."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from agencies.models import Role
from agreements.intray import DEADLINES, tray
from agreements.views.desk import desk


@login_required
@require_safe
def intray(request: HttpRequest) -> HttpResponse:
    """The in-tray; those who only audit begin at the audit desk."""
    asking = desk(request)
    if asking.held and all(row.role == Role.AUDITOR for row in asking.held):
        return redirect("audit-desk")
    waiting = tray(asking.user, asking.held, today=asking.today)
    context = {
        "tray": waiting,
        "today": asking.today,
        "deadlines": DEADLINES,
        "may_draft": bool(asking.seats("edit")),
        "deciding": set(asking.seats("review")),
        "memberships": asking.held,
        "in_tray_count": len(waiting.overdue) + len(waiting.week) + len(waiting.mine) or None,
    }
    return render(request, "agreements/intray.html", context)
