"""Public pages of the log: its heads, a head that somebody holds against it, and how to check a history oneself."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db.models import Count, Max
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from audit import checkpoints, heads, held
from audit.forms_heads import HeldForm
from audit.models import Checkpoint, OutsideHead, Stamp
from audit.witnessing import seen_outside
from common.limits import rarely

DAYS = 90
PLAIN = "text/plain; charset=utf-8"
VERIFIER = Path(__file__).with_name("verify.py")


@require_safe
@never_cache
def listed(request: HttpRequest) -> HttpResponse:
    """The newest head, and the heads of each day to take away."""
    rows = Checkpoint.objects.annotate(day=TruncDate("signed_at", tzinfo=UTC)).values("day")
    days = rows.annotate(many=Count("pk"), size=Max("size")).order_by("-day")[:DAYS]
    context = {"newest": heads.newest(), "days": days, "stamps": _stamps()}
    return render(request, "audit/heads.html", context)


def _stamps() -> list[Stamp]:
    return list(Stamp.objects.select_related("checkpoint").order_by("-pk")[:DAYS])


@require_safe
def of_day(request: HttpRequest, day: str) -> HttpResponse:
    """Every head signed on a day (UTC), oldest first, as the notary's own daily file has them."""
    on = _day(day)
    begun = datetime(on.year, on.month, on.day, tzinfo=UTC)
    rows = Checkpoint.objects.filter(signed_at__gte=begun, signed_at__lt=begun + timedelta(days=1))
    notes = list(rows.order_by("pk").values_list("note", flat=True))
    if not notes:
        raise Http404("No head was signed on this day.")
    over = on < timezone.now().astimezone(UTC).date()
    return _file(request, "".join(notes), f"heads-{on.isoformat()}.txt", 86_400 if over else 60)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise Http404("There is no such day.") from None


@require_safe
def of_days(request: HttpRequest) -> HttpResponse:
    """The newest head of each day, newest day first."""
    days = Checkpoint.objects.annotate(day=TruncDate("signed_at", tzinfo=UTC)).values("day").order_by("-day")
    last = [row["last"] for row in days.annotate(last=Max("pk"))[:DAYS]]
    notes = list(Checkpoint.objects.filter(pk__in=last).order_by("-pk").values_list("note", flat=True))
    if not notes:
        raise Http404("No head is signed yet.")
    return _file(request, "".join(notes), "heads.txt", 60)


@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    """The newest head alone."""
    head = heads.newest()
    if head is None:
        raise Http404("No head is signed yet.")
    return _file(request, head.note, "head.txt", 10)


@require_safe
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """One head that was stamped: the exact bytes the stamp is over."""
    stamp = _stamp(pk)
    return _file(request, stamp.checkpoint.note, f"head-{stamp.checkpoint.size}.txt", 86_400)


@require_safe
def stamp(request: HttpRequest, pk: int) -> HttpResponse:
    """A time stamp authority's answer (RFC 3161), for `openssl ts -verify`."""
    found = _stamp(pk)
    name = f"head-{found.checkpoint.size}.tsr"
    return _file(request, bytes(found.reply), name, 86_400, kind="application/timestamp-reply")


def _stamp(pk: int) -> Stamp:
    found: Stamp | None = Stamp.objects.select_related("checkpoint").filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such stamp.")
    return found


def _file(
    request: HttpRequest, content: str | bytes, name: str, seconds: int, kind: str = PLAIN
) -> HttpResponse:
    """A file that may be kept by whatever lies between, unless the answer could carry somebody's session."""
    whose = "private" if settings.SESSION_COOKIE_NAME in request.COOKIES else "public"
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "Cache-Control": f"{whose}, max-age={seconds}",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@rarely("heads")
def check(request: HttpRequest) -> HttpResponse:
    """Whether the log still holds what a head says that somebody kept; a verdict in any case."""
    form = HeldForm(request.POST, request.FILES) if request.method == "POST" else HeldForm()
    if not form.is_valid():
        return render(request, "audit/heads_check.html", {"form": form}, status=422 if form.is_bound else 200)
    said = held.verdict(form.cleaned_data["text"])
    if said.word == held.CONSISTENT and said.head:
        seen_outside(said.head.epoch, said.head.size, how=OutsideHead.SHOWN, now=timezone.now())
    if said.proof and request.POST.get("answer") == "proof":
        return HttpResponse(
            said.proof,
            content_type=PLAIN,
            headers={"Content-Disposition": 'attachment; filename="consistency-proof.txt"'},
        )
    return render(request, "audit/heads_check.html", {"form": form, "said": said})


@require_safe
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """How to check a history without us: the log's key, the verifier and its hash."""
    vkey = heads.vkey()
    context = {
        "vkey": vkey,
        "pem": pem(vkey) if vkey else "",
        "sha256": hashlib.sha256(_verifier()).hexdigest(),
    }
    return render(request, "audit/heads_verify.html", context)


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The one-file verifier, byte for byte as it lies in every dossier."""
    answer = _file(request, _verifier(), "verify.py", 300, kind="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="verify.py"'
    return answer


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The log's public key in the form that openssl reads."""
    if not (vkey := heads.vkey()):
        raise Http404("The log has no key yet.")
    return _file(request, pem(vkey), "log-key.pem", 300, kind="application/x-pem-file")


@cache
def _verifier() -> bytes:
    return VERIFIER.read_bytes()


def pem(vkey: str) -> str:
    """A log's public key as PEM."""
    public = Ed25519PublicKey.from_public_bytes(checkpoints.parse_vkey(vkey).public)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
