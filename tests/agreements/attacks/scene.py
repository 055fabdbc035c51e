"""What the attacks are tried on: agreements out for signature, and the form as a browser would send it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agencies import factors
from agencies.models import User
from agencies.operations.authority import grant_authority
from agreements.models import Agreement, Provision
from agreements.operations import approving, drafting, freezing, negotiating
from audit.record import SYSTEM
from tests import builders
from tests.agreements.pages import browser, filled, url
from tests.builders import NOW, PASSWORD, SECRET, World, again


def third_party(made: World) -> None:
    """The school district gets people who can approve and sign."""
    builders.person(made, "harbor_counsel", {"harbor": "counsel"}, NOW)
    person = builders.person(made, "harbor_signatory", {"harbor": "signatory"}, NOW)
    grant_authority(
        made.harbor, person, basis_kind="resolution", basis="Resolution 12", actor=SYSTEM, now=NOW
    )
    factors.enrol_app(person, SECRET, actor=SYSTEM, now=NOW)


def deputy(made: World) -> User:
    """Mesa's second signatory, with an authority and a second factor of their own."""
    person = builders.person(made, "mesa_deputy", {"mesa": "signatory"}, NOW)
    grant_authority(
        made.mesa, person, basis_kind="delegation", basis="Letter of 1 March", actor=SYSTEM, now=NOW
    )
    factors.enrol_app(person, SECRET, actor=SYSTEM, now=NOW)
    return person


def out_for_signature(
    made: World,
    *,
    keys: Sequence[str] = ("riverton", "mesa"),
    order: Sequence[int] = (1, 1),
    more: Sequence[str] = (),
    **party: Any,
) -> Agreement:
    """An agreement of these agencies out for signature, signed in this order; `party` is set on Mesa's.

    `more` are texts of provisions of its own.
    """
    partners = [drafting.PartySpec(made.agencies[key]) for key in keys[1:]]
    liaison = made.people[f"{keys[0]}_liaison"]
    agreement = drafting.draft(title="Exchange of case records", lead=made.agencies[keys[0]], partners=partners,
                               actor=liaison, now=NOW, kind="MOU")  # fmt: skip
    for number, text in enumerate(more, 1):
        values = {"heading": f"Own provision {number}", "text": text}
        drafting.add(agreement, Provision, values=values, actor=liaison, now=NOW)
    for place, key in zip(order, keys, strict=True):
        row = agreement.parties.get(agency=made.agencies[key])
        values = {
            "signatory": made.people[f"{key}_signatory"], "legal_authority": "C.R.S. 24-72-305", "signing_order": place,
            "contact_name": "A Liaison", "contact_email": f"{key}@agency.example", "contact_title": "Liaison",
            "notice_days": 30,
        }  # fmt: skip
        drafting.edit(row, values=values | (party if key == "mesa" else {}), actor=liaison, now=NOW)
    to = made.agencies[keys[1]] if len(keys) > 2 else None
    negotiating.share(again(agreement), to=to, actor=liaison, now=NOW)
    approving.submit(again(agreement), actor=made.people[f"{keys[1]}_liaison"], now=NOW)
    seen = approving.submitted(agreement).sha256
    for key in keys:
        approving.approve(agreement, seen_hash=seen, actor=made.people[f"{key}_counsel"], now=NOW)
    freezing.freeze(agreement, seen_hash=seen, actor=liaison, now=NOW)
    return again(agreement)


def answers(client: Any, agreement: Agreement, who: User, **changes: Any) -> dict[str, Any]:
    """The signing form as a careful person fills it in."""
    page = client.get(url(agreement, "sign/"))
    given = {"typed_name": who.name, "consent": "on", "password": PASSWORD, "code": builders.code(who)}
    return filled(page, **(given | changes))


def pressed(agreement: Agreement, who: User, **changes: Any) -> Any:
    """The answer to this person's signature."""
    client = browser(who)
    return client.post(url(agreement, "sign/"), answers(client, agreement, who, **changes))
