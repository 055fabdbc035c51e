"""Every address x everybody: what one may not see is as if it did not exist, what one may not do is refused."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import URLPattern, get_resolver

from agreements import policy
from agreements.api import urls
from agreements.api.content import PLACES
from agreements.api.steps import ACTS
from agreements.lifecycle import STEPS
from agreements.models import Agreement, Comment, Suggestion, SuggestionKind
from agreements.operations import negotiating, suggesting
from audit.models import Event
from tests import builders
from tests.api.calling import Program
from tests.builders import NOW, World
from tests.kept import kept

pytestmark = pytest.mark.django_db

OPEN = {"agreements/", "agreements/import/", "catalog/kinds/", "catalog/categories/", "catalog/purposes/",
        "catalog/templates/", "catalog/filings/", "dossiers/", "dossiers/<uuid:dossier>/", "dossiers/<uuid:dossier>/file/",
        "agencies/<uuid:pk>/access/", "agencies/<uuid:pk>/readers/", "imports/", "imports/<uuid:intake_id>/",
        "imports/<uuid:intake_id>/confirm/", "imports/many/", "imports/many/<uuid:batch>/", "imports/many/<uuid:batch>/check/",
        "imports/many/<uuid:batch>/run/", "imports/many/<uuid:batch>/rows/", "clauses/", "clauses/<str:ref>/",
        "clauses/<str:ref>/versions/", "clauses/<str:ref>/retire/", "clauses/<str:ref>/usage/",
        "clauses/<str:ref>/divergence/", "clause-positions/", "clause-positions/<uuid:position>/withdraw/", "permitted/",
        "seal-certificates/", "calendar/", "board/", "board/decisions/",
        "portfolio/"}  # fmt: skip
PUBLIC = {"verify/"}
"""For anybody: tests/agreements/test_verifying.py tries it."""
READ = {"get": "view"}
ROWS = {"get": "view", "post": "edit"}
ROW = {"get": "view", "patch": "edit", "delete": "edit"}
POLICY: dict[str, dict[str, str]] = {
    "": {"get": "view", "patch": "edit"},
    **{f"{place}/": ROWS for place in PLACES.values()},
    **{f"{place}/<uuid:row>/": ROW for place in PLACES.values()},
    "parties/<uuid:row>/": {"get": "view", "patch": "edit"},
    "provisions/<uuid:row>/move/": {"post": "edit"},
    "term/": {"get": "view", "patch": "edit"},
    **{f"steps/{name}/": {"post": STEPS[name].permission} for name in ACTS},
    "duties/": READ,
    "duties/coming/": READ,
    "duties/<uuid:duty>/": READ,
    "duties/<uuid:duty>/hand-in/": {"post": "duty"},
    "duties/<uuid:duty>/accept/": {"post": "duty"},
    "duties/<uuid:duty>/return/": {"post": "duty"},
    "duties/<uuid:duty>/owner/": {"post": "hand_on"},
    "evidence/<uuid:evidence>/file.pdf": {"get": "download"},
    "observations/": {"get": "view", "post": "duty"},
    "observations/<uuid:observation>/take-back/": {"post": "duty"},
    "comments/": {"get": "view", "post": "comment"},
    "comments/<uuid:comment>/resolve/": {"post": "comment"},
    "comments/<uuid:comment>/reopen/": {"post": "comment"},
    "clauses/": {"post": "edit"},
    "waivers/": {"get": "view", "post": "waive"},
    "waivers/<uuid:waiver>/end/": {"post": "waive"},
    "filings/": {"get": "view", "post": "file"},
    "filings/<uuid:filing>/withdraw/": {"post": "file"},
    "filings/<uuid:filing>/paper.pdf": {"get": "download"},
    "word/": {"post": "suggest"},
    "suggestions/": {"get": "view", "post": "suggest"},
    "suggestions/decide/": {"post": "edit"},
    "suggestions/<uuid:suggestion>/accept/": {"post": "edit"},
    "suggestions/<uuid:suggestion>/reject/": {"post": "edit"},
    "suggestions/<uuid:suggestion>/withdraw/": {"post": "suggest"},
    "owners/": {"get": "view", "post": "assign"},
    "reminders/": {"get": "remind", "post": "remind"},
    "grants/": {"get": "grant", "post": "grant"},
    "grants/<uuid:person>/revoke/": {"post": "grant"},
    **dict.fromkeys(
        ("versions/", "versions/<int:number>/", "versions/<int:number>/content/", "approvals/", "signatures/",
         "signature-requests/", "decisions/", "checks/", "coverage/", "windows/", "events/", "renewals/", "amendments/", "notices/", "breaches/",
         "changes/", "text/"), READ),
    "dossier/": {"post": "export"},
    "document/": READ,
    "document/retry/": {"post": "download"},
    "access/": {"get": "export"},
    "readers/": {"get": "export"},
    "history.csv": {"get": "export"},
    "history.jsonl": {"get": "export"},
    "document.pdf": {"get": "download"},
    "document/certified/": {"post": "download"},
    "document/conformed.pdf": {"get": "download"},
    "packet.zip": {"get": "download"},
    "document-to-sign.pdf": {"get": "sign"},
    "ink-signatures/": READ,
    "ink-signatures/<uuid:row>/scan.pdf": {"get": "download"},
    "source/": {"get": "download"},
    "versions/<int:number>/version.docx": {"get": "download"},
    "versions/<int:number>/version.pdf": {"get": "download"},
    "redline/": READ,
    "redline/since/": READ,
    "redline.pdf": {"get": "download"},
    "redline.docx": {"get": "download"},
}  # fmt: skip
"""What each address below an agreement takes. An address that is not named here fails the test."""
ERASING = {
    "events/<int:number>/erasure/": {"get": "confirm_erasure", "post": "ask_erasure"},
    "events/<int:number>/erasure/decide/": {"post": "confirm_erasure"},
}
"""Here the answer also depends on whose entry it is, which tests/audit/test_erasing.py tries."""
METHODS = ("get", "post", "put", "patch", "delete", "options")
UNSEEN = ("outsider", "harbor_administrator", "board_liaison", "nobody")
SEEN = (*(f"{agency}_{role}" for agency in ("riverton", "mesa") for role in builders.ROLES), "overseer")


def _addresses() -> list[str]:
    found = [str(entry.pattern) for entry in urls.urlpatterns if isinstance(entry, URLPattern)]
    return [path for path in found if path != r"^.*$"]


def _filled(path: str, agreement: Agreement | UUID, comment: UUID, person: UUID) -> str:
    rows = {}
    if isinstance(agreement, Agreement):
        place = path.removeprefix(urls.AGREEMENT).partition("/")[0]
        model = next((model for model, name in PLACES.items() if name == place), None)
        rows["row"] = model.objects.filter(**{"agreement": agreement}).first().pk if model else uuid4()  # type: ignore[union-attr]
    proposed = Suggestion.objects.values_list("pk", flat=True) if "<uuid:suggestion>" in path else ()
    parts = {"uuid:pk": agreement.pk if isinstance(agreement, Agreement) else agreement,
             "uuid:row": rows.get("row", uuid4()), "uuid:comment": comment, "uuid:person": person,
             "uuid:suggestion": next(iter(proposed), uuid4()), "uuid:dossier": uuid4(),
             "uuid:waiver": uuid4(), "uuid:filing": uuid4(), "uuid:duty": uuid4(), "uuid:evidence": uuid4(),
             "uuid:observation": uuid4(),
             "uuid:batch": uuid4(), "uuid:intake_id": uuid4(),
             "int:number": 1}  # fmt: skip
    for name, value in parts.items():
        path = path.replace(f"<{name}>", str(value))
    return path


def test_every_address_of_the_api_has_its_line() -> None:
    found = set(_addresses())
    assert found == OPEN | PUBLIC | {urls.AGREEMENT + path for path in (*POLICY, *ERASING)}
    assert (
        len([path for path in get_resolver().reverse_dict if str(path).startswith("api-")]) >= len(found) - 6
    )


def _world(made: World) -> tuple[Agreement, Comment]:
    return kept("agreement to be probed", lambda: _talked_over(made))


def _talked_over(made: World) -> tuple[Agreement, Comment]:
    agreement = builders.shared(made)
    remark = negotiating.comment(agreement, text="Why?", actor=made.mesa_counsel, now=NOW)
    proposal = suggesting.Proposal(SuggestionKind.INSERT, text="More.")
    suggesting.suggest(agreement, [proposal], actor=made.riverton_liaison, now=NOW)
    return builders.again(agreement), remark


@pytest.mark.parametrize("who", UNSEEN)
def test_the_unseen_is_as_if_it_did_not_exist(made: World, who: str) -> None:
    agreement, remark = _world(made)
    program, events = Program(made.people[who]), Event.objects.count()
    for path in (*POLICY, *ERASING):
        allowed = (POLICY | ERASING)[path]
        for method in METHODS if who == "outsider" else allowed:  # what is not offered is offered to nobody
            there, nowhere = (
                program.call(method, _filled(urls.AGREEMENT + path, one, remark.pk, made.nobody.pk), on='"1"')
                for one in (agreement, uuid4())
            )
            assert there.content == nowhere.content, (path, method)
            assert there.status_code == nowhere.status_code == (404 if method in allowed else 405), (
                path,
                method,
            )
            assert (
                there.status_code == 405 or there.headers["Content-Type"] == nowhere.headers["Content-Type"]
            )
    assert Event.objects.count() == events


@pytest.mark.parametrize("who", SEEN)
def test_the_seen_but_not_allowed_is_refused(made: World, who: str) -> None:
    agreement, remark = _world(made)
    person = made.people[who]
    program, actions = Program(person), policy.actions_on(person, agreement, today=NOW.date())
    for path, methods in POLICY.items():
        for method, action in methods.items():
            where = _filled(urls.AGREEMENT + path, agreement, remark.pk, made.nobody.pk)
            answer = program.call(method, where, on='"1"')
            if action not in actions:
                assert answer.status_code == 403, (path, method, answer.content)
            else:
                assert answer.status_code not in {401, 403, 405}, (path, method, answer.content)
                assert answer.status_code < 500


def test_a_stranger_is_not_answered_at_all(made: World) -> None:
    agreement, remark = _world(made)
    program = Program(None)
    paths = [
        _filled(path, agreement, remark.pk, made.nobody.pk) for path in _addresses() if path not in PUBLIC
    ]
    for path in [*paths, "nowhere/", "agreements/x/"]:
        for method in METHODS:
            assert program.call(method, path).status_code == 401, (path, method)


def test_other_addresses_are_a_problem_document_too(made: World) -> None:
    program = Program(made.riverton_liaison)
    known: Any = None
    for path in ("nowhere/", "agreements/x/", f"agreements/{uuid4()}/", f"agreements/{uuid4()}/steps/fly/", "me",
                 f"agreements/{uuid4()}/versions/{'9' * 40}/"):  # fmt: skip
        answer = program.get(path, status=404)
        assert answer["Content-Type"] == "application/problem+json"
        known = known or answer.content
        assert answer.content == known


def test_what_is_private_to_an_agency_stays_there(made: World) -> None:
    agreement = builders.shared(made)
    secret = negotiating.comment(
        agreement, text="Our red line.", private=True, actor=made.mesa_counsel, now=NOW
    )
    for who in SEEN:
        program = Program(made.people[who])
        own = who.startswith("mesa")
        said = str(program.rows(f"agreements/{agreement.pk}/comments/"))
        told = str(program.rows(f"agreements/{agreement.pk}/events/"))
        assert ("red line" in said, "red line" in told) == (own, own), who
        path = f"agreements/{agreement.pk}/comments/"
        if not own:
            assert program.call("post", f"{path}{secret.pk}/resolve/", on='"1"').status_code == 404
        reply = program.call("post", path, {"text": "And?", "reply_to": str(secret.pk)})
        may = "comment" in policy.actions_on(made.people[who], agreement, today=NOW.date())
        assert reply.status_code == (403 if not may else 201 if own else 400), who
        assert reply.status_code != 201 or reply.json()["private_to"] == str(made.mesa.pk)


def test_the_list_shows_what_one_may_see(made: World) -> None:
    agreement = builders.drafted(made)
    for who, number in (("riverton_auditor", 1), ("mesa_liaison", 0), ("outsider", 0), ("overseer", 1)):
        rows = Program(made.people[who]).rows("agreements/")
        assert [row["id"] for row in rows] == [str(agreement.pk)] * number, who
