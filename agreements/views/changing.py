"""What an instrument changes, and the text of an agreement as it was or will be on a day."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from agreements import standing, texts
from agreements.document import structure
from agreements.forms.listing import DayForm
from agreements.models import Amendment, Party
from agreements.operations import amending
from agreements.redline import compare as redline
from agreements.views.asking import DONE, INVALID, Asked, of_one_agreement
from agreements.views.frame import framed


@of_one_agreement()
def changes(asked: Asked) -> HttpResponse:
    """An amendment or a joinder field by field, as its reader sees its text now."""
    frame = framed(asked)
    row = Amendment.objects.filter(agreement=asked.agreement).select_related("amends", "base").first()
    if row is None:
        raise Http404("This agreement changes no other.")
    sides = amending.changes(asked.agreement, frame.reading.content or {}) or (
        row.base.content,
        row.base.content,
    )
    removed = Party.objects.filter(pk__in=row.removes).values_list("legal_name", flat=True)
    context = frame.context("changes") | {"row": row, "redline": redline(*sides), "removing": list(removed)}
    return render(asked.request, "agreements/record/changes.html", context)


@of_one_agreement()
def text(asked: Asked) -> HttpResponse:
    """The conformed text on a day: as it was signed, with every change that holds then."""
    form = DayForm(asked.request.GET, today=asked.today)
    right = form.is_valid()
    day = form.cleaned_data.get("on") or asked.today
    version = texts.on(asked.agreement, day)
    later = next((first for first, _ in texts.chain(asked.agreement) if first > day), None)
    context = framed(asked).context("") | {
        "form": form,
        "day": day,
        "text_version": version,
        "document": structure(version.content) if version else None,
        "then": standing.of(asked.agreement, today=day),
        "later": later,
    }
    return render(asked.request, "agreements/record/text.html", context, status=DONE if right else INVALID)
