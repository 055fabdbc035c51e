"""What the audit desk shows of access: `{% load access %}`."""

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from agencies.days import civil_day
from agencies.models import Agency, Oversight, User
from agreements.access import reviews, rules

register = template.Library()


@register.simple_tag(takes_context=True)
def access_desk(context: Context) -> dict[str, Any]:
    """The agencies that the person audits or administers, and the overdue reviews of these and of those they oversee."""
    user = context.get("user")
    if not isinstance(user, User):
        return {}
    today = civil_day(timezone.now())
    seats = rules.seats(user, today=today)
    if not seats:
        return {}
    overseen = Oversight.objects.active(on=today).filter(body__in=seats).values_list("agency", flat=True)
    late = [row for row in reviews.waiting({*seats, *overseen}, today=today) if row.overdue]
    return {"seats": list(Agency.objects.filter(pk__in=seats).order_by("name")), "overdue": late}
