"""Every address x every member of the cast: unseen is 404, seen but not allowed is 403; an address without a line fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cached_property, partial
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from agencies.models import Agency, User
from agencies.models.people import memberships_of
from agencies.operations.people import invite
from agencies.policy import may as may_with_agency
from agreements import policy
from agreements.models import Agreement, Batch, Dossier, Duty, Intake, Observation, SuggestionKind
from agreements.operations import (
    batches,
    dossiers,
    exporting,
    granting,
    handing,
    inking,
    intake,
    keeping,
    measuring,
    negotiating,
    owing,
    suggesting,
    waiving,
)
from agreements.pdf import Press
from audit.models import Event
from tests import builders
from tests.agreements.heap import heap
from tests.builders import NOW, World
from tests.kept import kept
from tests.notarising import sealed

pytestmark = pytest.mark.django_db

Expected = Callable[["Scene", User], int | None]
"""404, 403, or None for an answer that is neither."""


@dataclass
class Scene:
    """The cast with one agreement in negotiation, one executed, and things in them to ask for."""

    made: World
    open: Agreement
    done: Agreement
    export: int
    """An export of the open one's history, asked for by Mesa's counsel."""
    dossier: Dossier
    outside: Agreement
    """One that was signed outside and imported."""
    intake: Intake
    """A file Mesa's liaison put in."""
    batch: Batch
    """A bulk import they began."""
    duty: Duty
    """What Mesa owes under the executed one, asked for; another of its duties was handed in and answered."""
    observation: Observation
    """A value of one of its measures."""
    signing: Agreement
    """One out for signature, with the scan of Riverton's signature in ink."""
    _rights: dict[tuple[Any, str], frozenset[str] | None] = field(default_factory=dict)

    @cached_property
    def rows(self) -> dict[str, Any]:
        """What is asked for inside the agreements and agencies, as it was before anybody asked."""
        return {
            "ink": self.signing.ink_signatures.first(),
            "provision": self.open.provisions.order_by("position_in_order").first(),
            "comment": self.open.comments.first(),
            "suggestion": self.open.suggestions.first(),
            "evidence": self.done.evidence.first(),
            "member": self.made.riverton.memberships.first(),
            "authority": self.made.riverton.signing_authorities.first(),
        }

    def rights(self, person: User, which: str) -> frozenset[str] | None:
        """What the policy lets somebody do with one of the agreements, before anything is asked; None: not even see it."""
        if (person.pk, which) not in self._rights:
            agreement: Agreement = getattr(self, which)
            seen = policy.visible(person, today=today()).filter(pk=agreement.pk).exists()
            self._rights[person.pk, which] = (
                policy.actions_on(person, agreement, today=today()) if seen else None
            )
        return self._rights[person.pk, which]

    def of(self, route: str) -> dict[str, Any]:
        """Arguments for a route."""
        ink, provision, comment = (self.rows[name] for name in ("ink", "provision", "comment"))
        return {
            "pk": self.done.pk if any(word in route for word in OWED) else self.batch.pk if "import/many/<" in route else self.intake.pk if "import/<" in route else self.dossier.pk if route.startswith("dossiers/") else self.outside.pk if route.endswith("files/source") else self.done.pk if route.endswith(("final.pdf", "certified-copy/", "conformed.pdf", "packet.zip", "decide/")) else self.signing.pk if "ink/<" in route else self.open.pk, "slug": self.made.riverton.slug,
            "kind": "provision", "rule": "CJI-013", "key": "disputes", "row": self.owed(route) or (ink.pk if ink and "ink/<" in route else provision.pk if provision else uuid4()), "part": "text", "name": "return",
            "suggestion": scene_suggestion(self), "act": "accept", "topic": "term",
            "comment": comment.pk if comment else uuid4(), "number": 1, "person": self.made.harbor_administrator.pk, "format": "docx" if "redline" in route else "csv",
            "ref": OWN_CLAUSE if route.endswith(OF_OWN) else "audit",
            "stream": self.open.pk, "export": self.export, "agency": self.made.riverton.pk, "member": self.rows["member"], "authority": self.rows["authority"],
        }  # fmt: skip

    def owed(self, route: str) -> Any:
        """The row of what is owed that a route asks for."""
        rows = {"duties/<": self.duty, "measures/<": self.observation.measure, "observations/<": self.observation,
                "evidence/<": self.rows["evidence"]}  # fmt: skip
        return next((row.pk for word, row in rows.items() if word in route and row is not None), None)


OWED = ("duties", "measures/<", "observations/<", "evidence/<")
"""Routes of what is owed under the executed agreement."""
OWN_CLAUSE = "own:riverton-police-department:badge-numbers"
OF_OWN = ("clauses/<str:ref>/", "revise/", "retire/", "usage/")
"""Routes that are asked for a clause of Riverton's own; the others for one of the shipped library."""


_printed: list[bytes] = []


def printed_once(press: Press, *asked: Any, **named: Any) -> bytes:
    """One paper for all that is printed here: who gets it is asked, not what stands on it."""
    if not _printed:
        _printed.append(_print(press, *asked, **named))
    return _printed[0]


_print = Press.render


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(Press, "render", printed_once)
    return kept("scene of every address", lambda: _scene(builders.world()))


def _scene(made: World) -> Scene:
    keeping.write_clause(
        made.riverton, actor=made.riverton_counsel, now=NOW,
        values={"heading": "Badge numbers", "part": "measures", "kind": "duty", "position": "standard",
                "text": "Officers give their badge numbers.", "note": "Asked for by the council."},
    )  # fmt: skip
    open_, done = builders.shared(made), builders.executed(made)
    sealed(done)
    negotiating.comment(open_, text="A remark.", actor=made.mesa_liaison, now=NOW)
    suggesting.suggest(
        open_,
        [suggesting.Proposal(SuggestionKind.INSERT, text="More.")],
        actor=made.riverton_liaison,
        now=NOW,
    )
    granting.grant(open_, person=made.harbor_administrator, conveys="view", until=today() + timedelta(days=9),
                   reason="Outside view.", actor=made.riverton_counsel, now=timezone.now())  # fmt: skip
    invite(
        made.riverton, email="new@agency.example", role="liaison", actor=made.riverton_administrator, now=NOW
    )
    taken = exporting.export_history(open_, format="csv", actor=made.mesa_counsel, now=NOW)
    dossier = dossiers.ask(done, actor=made.mesa_counsel, now=NOW)
    root, liaison = Path(settings.DOCUMENTS), made.mesa_liaison
    put_in = intake.take(builders.OLD, "old mou.txt", root=root, actor=liaison, now=NOW)
    given = heap(4, faults=2)
    batch = batches.begin(table=given.table, table_name="agreements.xlsx", archive=BytesIO(given.archive), lead=made.mesa,
                          root=root, actor=liaison, now=NOW)  # fmt: skip
    signing = builders.in_signing(made)
    inking.record(signing, scan=SCAN, signed_on=NOW.date(), actor=made.riverton_liaison, now=NOW)
    duty, observation = _owed(made, done)
    return Scene(
        made,
        open_,
        done,
        taken.event.pk,
        dossier,
        builders.imported(made),
        put_in,
        batch,
        duty,
        observation,
        signing,
    )


def _owed(made: World, done: Agreement) -> tuple[Duty, Observation]:
    """Something handed in and accepted with its file, something still owed, and a value that missed its target."""
    now = timezone.now()
    for days in (10, 20):
        values = {"party": done.parties.get(agency=made.mesa), "reference": f"Course {days}", "on": now.date(),
                  "until": now.date() + timedelta(days=days)}  # fmt: skip
        waiving.record_filing(done, kind="training", values=values, actor=made.mesa_liaison, now=now)
    owing.ask(now=now)
    first, duty = done.duties.filter(kind="paper").order_by("due_on", "id")
    values = {
        "on": now.date() - timedelta(days=1),
        "note": "Course",
        "until": now.date() + timedelta(days=400),
    }
    handing.hand_in(first, values=values, file=SCAN, actor=made.mesa_liaison, now=now)
    handing.accept(first, actor=made.riverton_liaison, now=now)
    measure = done.measures.filter(removed=False).exclude(target="").earliest("position_in_order")
    values = {"value": Decimal("96.5"), "on": now.date() - timedelta(days=1)}
    return duty, measuring.observe(measure, values=values, actor=made.mesa_liaison, now=now)


SCAN = b"%PDF-1.4 what a scanner wrote"


def scene_suggestion(scene: Scene) -> Any:
    """The one suggestion."""
    row = scene.rows["suggestion"]
    return row.pk if row else uuid4()


def today() -> Any:
    return timezone.localdate()


def anyone(scene: Scene, person: User) -> int | None:
    return None


def reads(scene: Scene, person: User) -> int | None:
    """An entry of the open agreement's history: 404 for whoever may not read it."""
    return 404 if record("view", scene, person) else None


def record(action: str, scene: Scene, person: User, *, which: str = "open") -> int | None:
    """An address of one agreement that takes `action`."""
    rights = scene.rights(person, which)
    return 404 if rights is None else None if action in rights else 403


def agency(action: str, scene: Scene, person: User) -> int | None:
    """An address of one agency that takes `action`. Everybody sees the profile; the people, its own and overseers."""
    if may_with_agency(person, action, scene.made.riverton, today=today()):
        return None
    seen = "read_clauses" if "clauses" in action else "view_people"
    return 403 if may_with_agency(person, seen, scene.made.riverton, today=today()) else 404


def erasing(scene: Scene, person: User) -> int | None:
    """The first entry is private to Riverton: its counsel and administrators erase, its other people are refused."""
    if not any(row.agency_id == scene.made.riverton.pk for row in memberships_of(person, today=today())):
        return 404
    return None if scene.made.riverton.pk in policy.seats(person, "confirm_erasure", today=today()) else 403


def stream(scene: Scene, person: User) -> int | None:
    """A history to take away: 404 for whoever may not."""
    return 404 if record("export", scene, person) else None


def whole(scene: Scene, person: User) -> int | None:
    """An agency's whole history: for those who export for it."""
    return None if scene.made.riverton.pk in policy.seats(person, "export", today=today()) else 404


def covering(scene: Scene, person: User) -> int | None:
    """The list of what is worth a look: for auditors and administrators of some agency."""
    held = person.memberships.filter(role__in=["auditor", "administrator"])
    return None if held.exists() else 403


def seat(action: str, scene: Scene, person: User) -> int | None:
    """What somebody does for some agency of theirs, whatever the agreement."""
    return None if policy.seats(person, action, today=today()) else 403


def nobody(scene: Scene, person: User) -> int | None:
    return 403


def taker(scene: Scene, person: User) -> int | None:
    """The file of an export: for who asked for it."""
    return None if person == scene.made.mesa_counsel else 404


def not_mine(scene: Scene, person: User) -> int | None:
    return 404


def my_dossier(scene: Scene, person: User) -> int | None:
    """A dossier: for whoever asked for it, nobody else."""
    return None if person == scene.dossier.asked_by else 404


def taker_of_tables(scene: Scene, person: User) -> int | None:
    """A portfolio's table of the first agency one belongs to: for its counsel, auditors and administrators."""
    return None if policy.seats(person, "export", today=today()) else 404


def deciding(scene: Scene, person: User) -> int | None:
    """Accepting a suggestion: whoever edits; out of turn they are told so on the page."""
    return record("edit", scene, person)


def liaison_of_mesa(scene: Scene, person: User) -> int | None:
    """What Mesa's liaison put in to be imported: nobody else's."""
    return None if person == scene.made.mesa_liaison else 404


def keeper(scene: Scene, person: User) -> int | None:
    """Keeping clauses and positions: counsel and administrators of some agency."""
    held = person.memberships.filter(role__in=["counsel", "administrator"])
    return None if held.exists() else 403


def answering(scene: Scene, person: User) -> int | None:
    """Accepting what Mesa hands in: those of the other party who see to duties."""
    seen = record("duty", scene, person, which="done")
    return seen or (403 if scene.made.mesa.pk in policy.seats(person, "duty", today=today()) else None)


def instrument(scene: Scene, person: User) -> int | None:
    """What an amendment changes: the agreement asked about is none."""
    return 404


def drafter(scene: Scene, person: User) -> int | None:
    """Beginning an agreement: whoever drafts for some agency."""
    return None if policy.may_draft_for(person, today=today()) else 403


SIGNED_IN: dict[str, tuple[str, Expected]] = {
    "": ("GET", anyone),
    "agreements/": ("GET", anyone),
    "agreements/new/": ("GET", drafter),
    "agreements/import/": ("GET", drafter),
    "agreements/import/many/": ("GET", drafter),
    "agreements/import/<uuid:pk>/": ("GET", liaison_of_mesa),
    "agreements/import/<uuid:pk>/give-up/": ("POST", liaison_of_mesa),
    "agreements/import/many/<uuid:pk>/": ("GET", liaison_of_mesa),
    "agreements/import/many/<uuid:pk>/run/": ("POST", liaison_of_mesa),
    "agreements/import/many/<uuid:pk>/give-up/": ("POST", liaison_of_mesa),
    "agreements/<uuid:pk>/files/source": ("GET", partial(record, "download", which="outside")),
    "clauses/": ("GET", anyone),
    "clauses/new/": ("GET", keeper),
    "clauses/<str:ref>/": ("GET", partial(agency, "read_clauses")),
    "clauses/<str:ref>/usage/": ("GET", partial(agency, "read_clauses")),
    "clauses/<str:ref>/divergence/": ("GET", anyone),
    "clauses/<str:ref>/put/": ("GET", drafter),
    "clauses/<str:ref>/revise/": ("GET", partial(agency, "keep_clauses")),
    "clauses/<str:ref>/retire/": ("GET", partial(agency, "keep_clauses")),
    "clauses/<str:ref>/position/": ("GET", keeper),
    "clauses/<str:ref>/position/withdraw/": ("POST", keeper),
    "board/": ("GET", anyone),
    "board.csv": ("GET", anyone),
    "board/month/": ("GET", anyone),
    "board/timeline/": ("GET", anyone),
    "board/decide/": ("GET", partial(seat, "review")),
    "board/owner/": ("GET", partial(seat, "assign")),
    "calendar/": ("GET", anyone),
    "calendar/make/": ("POST", anyone),
    "calendar/revoke/": ("POST", anyone),
    "agreements/<uuid:pk>/decide/": ("POST", partial(record, "review", which="done")),
    "agreements/<uuid:pk>/history/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/history/<int:number>/erase/": ("GET", erasing),
    "agreements/<uuid:pk>/as-of/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/history/report.pdf": ("GET", partial(record, "export")),
    "reports/": ("GET", anyone),
    "portfolio/": ("GET", anyone),
    "portfolio.csv": ("GET", taker_of_tables),
    "agreements/<uuid:pk>/dossier/": ("GET", partial(record, "export")),
    "dossiers/": ("GET", anyone),
    "dossiers/new/": ("GET", anyone),
    "dossiers/agencies/<slug:slug>/": ("GET", whole),
    "dossiers/<uuid:pk>/": ("GET", my_dossier),
    "dossiers/<uuid:pk>/file": ("GET", my_dossier),
    "agreements/<uuid:pk>/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/data/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/checks/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/checks/<slug:rule>/waive/": ("GET", partial(record, "waive")),
    "agreements/<uuid:pk>/waivers/<uuid:row>/end/": ("GET", partial(record, "waive")),
    "agreements/<uuid:pk>/filings/<slug:kind>/": ("GET", partial(record, "file")),
    "agreements/<uuid:pk>/filings/<uuid:row>/paper.pdf": ("GET", partial(record, "download")),
    "agreements/<uuid:pk>/filings/<uuid:row>/withdraw/": ("GET", partial(record, "file")),
    "agreements/<uuid:pk>/draft/clause/<slug:key>/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/discussion/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/discussion/<uuid:comment>/resolve/": ("POST", partial(record, "comment")),
    "agreements/<uuid:pk>/discussion/<uuid:comment>/reopen/": ("POST", partial(record, "comment")),
    "agreements/<uuid:pk>/versions/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/suggestions/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/suggestions/new/": ("GET", partial(record, "suggest")),
    "agreements/<uuid:pk>/suggestions/value/": ("GET", partial(record, "suggest")),
    "agreements/<uuid:pk>/suggestions/value/<str:topic>/": ("GET", partial(record, "suggest")),
    "agreements/<uuid:pk>/suggestions/all/<slug:act>/": ("POST", deciding),
    "agreements/<uuid:pk>/suggestions/<uuid:suggestion>/<slug:act>/": ("POST", deciding),
    "agreements/<uuid:pk>/versions/compare/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/versions/receive/": ("GET", partial(record, "suggest")),
    "agreements/<uuid:pk>/versions/since/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/versions/redline.<str:format>": ("GET", partial(record, "download")),
    "agreements/<uuid:pk>/versions/<int:number>/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/versions/<int:number>/version.docx": ("GET", partial(record, "download")),
    "agreements/<uuid:pk>/versions/<int:number>/version.pdf": ("GET", partial(record, "download")),
    "agreements/<uuid:pk>/approvals/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/dates/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/duties/": ("GET", partial(record, "view", which="done")),
    "agreements/<uuid:pk>/duties.csv": ("GET", partial(record, "view", which="done")),
    "agreements/<uuid:pk>/duties/<uuid:row>/": ("GET", partial(record, "view", which="done")),
    "agreements/<uuid:pk>/duties/<uuid:row>/<slug:act>/": ("POST", answering),
    "agreements/<uuid:pk>/evidence/<uuid:row>/file.pdf": ("GET", partial(record, "download", which="done")),
    "agreements/<uuid:pk>/measures/<uuid:row>/": ("GET", partial(record, "view", which="done")),
    "agreements/<uuid:pk>/measures/<uuid:row>/values.csv": ("GET", partial(record, "view", which="done")),
    "agreements/<uuid:pk>/observations/<uuid:row>/take-back/": ("GET", partial(record, "duty", which="done")),
    "agreements/<uuid:pk>/reminders/": ("GET", partial(record, "remind")),
    "agreements/<uuid:pk>/changes/": ("GET", instrument),
    "agreements/<uuid:pk>/text/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/files/": ("GET", partial(record, "view")),
    "agreements/<uuid:pk>/files/certified-copy/": ("POST", partial(record, "download", which="done")),
    "agreements/<uuid:pk>/files/conformed.pdf": ("GET", partial(record, "download", which="done")),
    "agreements/<uuid:pk>/files/packet.zip": ("GET", partial(record, "download", which="done")),
    "agreements/<uuid:pk>/files/final.pdf": ("GET", partial(record, "download", which="done")),
    "agreements/<uuid:pk>/files/retry/": ("POST", partial(record, "download")),
    "agreements/<uuid:pk>/access/": ("POST", partial(record, "grant")),
    "agreements/<uuid:pk>/access/<uuid:person>/revoke/": ("POST", partial(record, "grant")),
    "agreements/<uuid:pk>/draft/": ("GET", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/preview/": ("GET", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/partner/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/edit/<slug:kind>/<uuid:row>/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/merge/<slug:kind>/<uuid:row>/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/add/<slug:kind>/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/remove/<slug:kind>/<uuid:row>/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/move/<uuid:row>/": ("POST", partial(record, "edit")),
    "agreements/<uuid:pk>/draft/<slug:part>/": ("GET", partial(record, "edit")),
    "agreements/<uuid:pk>/steps/<slug:name>/": ("GET", partial(record, "share")),
    "agreements/<uuid:pk>/sign/": ("GET", partial(record, "sign")),
    "agreements/<uuid:pk>/sign/outside/": ("GET", partial(record, "sign")),
    "agreements/<uuid:pk>/sign/outside/paper.pdf": ("GET", partial(record, "sign")),
    "agreements/<uuid:pk>/ink/": ("GET", partial(record, "ink")),
    "agreements/<uuid:pk>/ink/<uuid:row>/": ("GET", partial(record, "ink", which="signing")),
    "agreements/<uuid:pk>/ink/<uuid:row>/refuse/": ("GET", partial(record, "ink", which="signing")),
    "agreements/<uuid:pk>/ink/<uuid:row>/scan.pdf": ("GET", partial(record, "download", which="signing")),
    "agencies/": ("GET", anyone),
    "agencies/new/": ("GET", nobody),
    "agencies/<slug:slug>/": ("GET", partial(agency, "view_agency")),
    "agencies/<slug:slug>/edit/": ("GET", partial(agency, "edit_agency")),
    "agencies/<slug:slug>/people/": ("GET", partial(agency, "manage_people")),
    "agencies/<slug:slug>/people/invite/": ("POST", partial(agency, "manage_people")),
    "agencies/<slug:slug>/people/add/": ("POST", partial(agency, "manage_people")),
    "agencies/<slug:slug>/people/<uuid:pk>/": ("GET", partial(agency, "manage_people")),
    "agencies/<slug:slug>/people/<uuid:pk>/change/": ("POST", partial(agency, "manage_people")),
    "agencies/<slug:slug>/people/<uuid:pk>/end/": ("POST", partial(agency, "manage_people")),
    "agencies/<slug:slug>/invitations/<uuid:pk>/revoke/": ("POST", partial(agency, "manage_people")),
    "agencies/<slug:slug>/authority/": ("GET", partial(agency, "grant_authority")),
    "agencies/<slug:slug>/authority/<uuid:pk>/revoke/": ("GET", partial(agency, "grant_authority")),
    "agreements/<uuid:pk>/who/": ("GET", partial(record, "export")),
    "agreements/<uuid:pk>/who.csv": ("GET", partial(record, "export")),
    "agreements/<uuid:pk>/readers/": ("GET", partial(record, "export")),
    "agreements/<uuid:pk>/readers.csv": ("GET", partial(record, "export")),
    "agencies/<slug:slug>/who/": ("GET", partial(agency, "read_access")),
    "agencies/<slug:slug>/who.csv": ("GET", partial(agency, "read_access")),
    "agencies/<slug:slug>/readers/": ("GET", partial(agency, "read_access")),
    "agencies/<slug:slug>/readers.csv": ("GET", partial(agency, "read_access")),
    "agencies/<slug:slug>/reviews/": ("GET", partial(agency, "read_access")),
    "agencies/<slug:slug>/reviews/<uuid:pk>/": ("GET", partial(agency, "read_access")),
    "audit/worth-a-look/": ("GET", covering),
    "account/": ("GET", anyone),
    "account/reminders/": ("POST", anyone),
    "account/token/": ("POST", anyone),
    "account/token/revoke/": ("POST", anyone),
    "mail/": ("GET", anyone),
    "mail/<int:pk>/": ("GET", not_mine),
    "audit/": ("GET", anyone),
    "audit/searches/": ("POST", anyone),
    "audit/searches/<uuid:pk>/delete/": ("POST", not_mine),
    "audit/exports/": ("GET", anyone),
    "audit/exports/<int:number>/": ("GET", reads),
    "audit/exports/<int:number>/file/": ("GET", taker),
    "audit/exports/<int:number>/receipt.txt": ("GET", reads),
    "audit/streams/<uuid:stream>/export.<str:format>": ("GET", stream),
    "audit/agencies/<uuid:agency>/export.<str:format>": ("GET", whole),
}
"""Addresses that ask for a signed-in person: the method tried, and what each person of the cast gets."""

ELSEWHERE = ("admin/", "accounts/", "api/v1/")
"""Django's read-only admin (operators), allauth's pages (its own tests) and the API (tests/api) are listed there."""

PUBLIC_PAGES = ("verify/", "audit/heads/", "audit/heads/check/", "audit/verify/", "seals/")
PUBLIC = {
    "healthz", "readyz", "invitations/<str:token>/", "calendar/<str:token>.ics", *PUBLIC_PAGES, "audit/heads/days.txt", "audit/heads/newest.txt", "seals/<str:sha256>.pem",
    "audit/heads/<str:day>.txt", "audit/heads/stamps/<int:pk>.txt", "audit/heads/stamps/<int:pk>.tsr",
    "audit/verify/verify.py", "audit/verify/log-key.pem",
}  # fmt: skip
"""Addresses for anybody: two that say nothing but whether we run, an invitation's secret link, and what everybody
needs to hold us to our history (tests/audit/test_heads_pages.py)."""

PEOPLE = (
    *(f"{agency}_{role}" for agency in ("riverton", "mesa") for role in builders.ROLES),
    "outsider", "overseer", "board_liaison", "nobody",
)  # fmt: skip


def routes(patterns: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        whole_route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, whole_route)
        else:
            yield whole_route


def test_every_address_has_a_line() -> None:
    missing = {r for r in routes() if not r.startswith(ELSEWHERE)} - SIGNED_IN.keys() - PUBLIC
    assert not missing, f"Say in this table who may ask for: {sorted(missing)}"
    assert not SIGNED_IN.keys() - set(routes()), "These addresses are gone."


def path(route: str, known: dict[str, Any]) -> str:
    """The route with its arguments filled in."""
    if route.startswith("agencies/") and "<uuid:pk>" in route:
        row = known["authority"] if "authority" in route else known["member"]
        known = known | {"pk": row.pk if "invitations" not in route and "reviews" not in route else uuid4()}
    if route.startswith("audit/exports/"):
        known = known | {"number": known["export"]}
    if "/filings/<slug" in route:
        known = known | {"kind": "resolution"}
    if route.startswith("mail/"):
        known = known | {"pk": 999_999}
    for name in (
        "pk",
        "slug",
        "kind",
        "row",
        "rule",
        "key",
        "part",
        "name",
        "comment",
        "suggestion",
        "act",
        "topic",
        "number",
        "person",
        "format",
        "stream",
        "agency",
        "ref",
    ):
        for kind in ("uuid", "slug", "str", "int"):
            route = route.replace(f"<{kind}:{name}>", str(known[name]))
    return "/" + route + ("?from=1&to=1" if route.endswith(("compare/", "redline.docx")) else "")


def ask(client: Client, method: str, address: str) -> int:
    answer = client.post(address, {}) if method == "POST" else client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return int(answer.status_code)


@pytest.mark.parametrize("key", PEOPLE)
def test_everybody_gets_what_the_policy_says(key: str, scene: Scene) -> None:
    person = scene.made.people[key]
    client = Client()
    client.force_login(person)
    for route, (method, expected) in SIGNED_IN.items():
        want = expected(scene, person)
        status = ask(client, method, path(route, scene.of(route)))
        assert status < 500, (key, route)
        if want is None:
            assert status not in {403, 404} or route in ABSENT, (key, route, status)
        else:
            assert status == want, (key, route, status)


ABSENT = {
    "agreements/<uuid:pk>/waivers/<uuid:row>/end/",
    "agreements/<uuid:pk>/filings/<uuid:row>/paper.pdf",
    "agreements/<uuid:pk>/filings/<uuid:row>/withdraw/",
    "agencies/<slug:slug>/invitations/<uuid:pk>/revoke/",
    "agreements/<uuid:pk>/draft/move/<uuid:row>/",
    "agencies/<slug:slug>/reviews/<uuid:pk>/",
}
"""Asked for with an id that is not there, or without the row to move after: 404 for those who might."""


def test_without_signing_in_every_address_leads_to_the_sign_in_page(scene: Scene) -> None:
    client = Client()
    for route, (method, _) in SIGNED_IN.items():
        address = path(route, scene.of(route))
        answer = client.post(address, {}) if method == "POST" else client.get(address)
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"), (
            route,
            answer,
        )


def test_an_agreement_one_may_not_see_answers_like_one_that_does_not_exist(scene: Scene) -> None:
    client = Client()
    client.force_login(scene.made.outsider)
    for route in [r for r in SIGNED_IN if r.startswith("agreements/<uuid:pk>/")]:
        method = SIGNED_IN[route][0]
        known = scene.of(route)
        hidden, absent = path(route, known), path(route, known | {"pk": uuid4()})
        first = client.post(hidden, {}) if method == "POST" else client.get(hidden)
        second = client.post(absent, {}) if method == "POST" else client.get(absent)
        assert first.status_code == second.status_code == 404, route
        assert len(first.content) == len(second.content), route


def test_a_refused_request_leaves_no_event_of_an_act(scene: Scene) -> None:
    acts = Event.objects.filter(stream=scene.open.pk).exclude(action="attempt.refused")
    before = acts.count()
    client = Client()
    client.force_login(scene.made.mesa_auditor)
    for route in [r for r, (method, _) in SIGNED_IN.items() if method == "POST" and "agreements/" in r]:
        ask(client, "POST", path(route, scene.of(route)))
    assert acts.count() == before
    assert Agency.objects.count() == len(builders.CAST)
