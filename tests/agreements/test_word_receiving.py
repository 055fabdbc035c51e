"""A Word file that comes back to the house: as suggestions, into one's own draft, and what nobody can match kept."""

from __future__ import annotations

import io
import zipfile
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agreements import docx, proposals
from agreements.docx.writing import write
from agreements.models import Agreement, Comment, Suggestion
from agreements.models.snapshot import content_of
from agreements.operations import downloading, drafting, receiving, suggesting
from tests import builders
from tests.agreements.pages import browser, text, url
from tests.agreements.test_word_edits import said
from tests.agreements.wordedits import Editor, edited
from tests.api.calling import Program
from tests.builders import NOW, World, again

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def taken(made: World, agreement: Agreement) -> bytes:
    """Version 1 as Riverton takes it from here."""
    version = agreement.versions.get(number=1)
    return downloading.download_word(version, actor=made.riverton_liaison, now=NOW)


def as_it_stands(agreement: Agreement) -> list[str]:
    """What the draft in hand would read as in Word."""
    return said(write(content_of(agreement), note="n", made_at=NOW))


@pytest.mark.parametrize("seed", range(3))
def test_accepting_every_suggestion_gives_exactly_the_edited_text(made: World, seed: int) -> None:
    agreement = builders.shared(made)
    data = edited(taken(made, agreement), Random(seed))
    done = receiving.receive(agreement, data=data, name="back.docx", actor=made.riverton_liaison, now=NOW)
    assert (done.suggested, done.unplaced) == (True, ())
    rows = proposals.of(agreement)
    assert len(rows) == done.changes > 0
    for row in rows:
        suggesting.accept(row, actor=made.mesa_liaison, now=NOW)
    assert as_it_stands(agreement) == said(data)


def test_on_ones_own_turn_the_changes_go_into_the_draft_and_nobody_else_hears_of_it(made: World) -> None:
    agreement = builders.shared(made)
    data = edited(taken(made, agreement), Random(4))
    done = receiving.receive(agreement, data=data, name="back.docx", actor=made.mesa_liaison, now=NOW)
    assert (done.suggested, done.unplaced, Suggestion.objects.count()) == (False, (), 0)
    assert as_it_stands(agreement) == said(data)
    assert "took in" in text(browser(made.mesa_counsel).get(url(agreement, "history/")))
    assert "took in" not in text(browser(made.riverton_counsel).get(url(agreement, "history/")))


def test_a_draft_that_says_otherwise_by_now_is_not_overwritten(made: World) -> None:
    agreement = builders.shared(made)
    editor = Editor(taken(made, agreement), Random(1))
    row = agreement.provisions.exclude(text="").order_by("position_in_order")[2]
    chunk = next(c for c in editor.chunks() if any(row.heading and row.heading == editor.said(e) for e in c))
    chunk[1].append(editor.run(" From outside."))
    drafting.edit(row, values={"text": "Colleague's words."}, actor=made.mesa_liaison, now=NOW)
    done = receiving.receive(agreement, data=editor.saved(), name="b.docx", actor=made.mesa_liaison, now=NOW)
    assert len(done.unplaced) == 1
    assert "From outside." in done.unplaced[0]
    assert agreement.provisions.get(pk=row.pk).text == "Colleague's words."
    kept = Comment.objects.get()
    assert kept.private_to == made.mesa
    assert "From outside." in kept.text


def test_what_is_no_provision_is_listed_for_a_person_to_place(made: World) -> None:
    agreement = builders.shared(made)
    editor = Editor(taken(made, agreement), Random(2))
    editor.body[0].append(editor.run(" and first page words"))
    signature = next(e for e in editor.body if editor.level(e) == 1 and editor.said(e) == "Signature page")
    signature.addnext(editor._made(0))
    part = next(e for e in editor.body if editor.level(e) == 1)
    part.append(editor.run(" renamed part"))
    client = browser(made.riverton_liaison)
    sent = {"file": SimpleUploadedFile("b.docx", editor.saved())}
    page = client.post(url(agreement, "versions/receive/"), sent, follow=True)
    shown = text(page)
    for words in ("and first page words", "renamed part", "In the signature page: new:"):
        assert words in shown, words
    assert "renamed part" not in text(browser(made.mesa_counsel).get(url(agreement, "discussion/")))


def test_whose_tracked_change_it_was_is_said(made: World) -> None:
    agreement = builders.shared(made)
    editor = Editor(taken(made, agreement), Random(3))
    paragraph = next(e for e in editor.chunks()[2] if not editor.level(e) and editor.said(e))
    around = editor.mark("ins")
    around.append(editor.run(" Tracked words."))
    paragraph.append(around)
    program = Program(made.riverton_liaison)
    answer = program.client.post(
        f"/api/v1/agreements/{agreement.pk}/word/", {"file": SimpleUploadedFile("b.docx", editor.saved())}
    )
    assert answer.json() == {"changes": 1, "suggested": True, "unplaced": []}
    row = Suggestion.objects.get()
    assert "Tracked words." in row.text
    assert row.reason in {f"From the file b.docx, tracked by {who}." for who in ("Ann Example", "Bo Sample")}


def test_placeholders_that_nobody_touched_stay_placeholders(made: World) -> None:
    agreement = builders.shared(made)
    row = next(
        r
        for r in agreement.provisions.order_by("position_in_order")
        if "{" in r.text and "\n" not in r.text and r.heading
    )
    editor = Editor(taken(made, agreement), Random(5))
    chunk = next(c for c in editor.chunks() if editor.said(c[0]) == row.heading)
    chunk[1].append(editor.run(" So it is."))
    receiving.receive(agreement, data=editor.saved(), name="b.docx", actor=made.riverton_liaison, now=NOW)
    found = Suggestion.objects.get()
    assert found.text == f"{row.text} So it is."


def test_files_that_are_none_of_ours_are_refused_in_words(made: World) -> None:
    agreement, other = builders.shared(made), builders.shared(made)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", b"0" * 30_000_000)
    client = browser(made.riverton_liaison)
    files = {"x.docx": b"PK\x03\x04 broken", "y.docx": bomb.getvalue(), "z.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old",
             "other.docx": taken(made, other), "empty.docx": b""}  # fmt: skip
    for name, data in files.items():
        answer = client.post(url(agreement, "versions/receive/"), {"file": SimpleUploadedFile(name, data)})
        assert answer.status_code == 400, name
    assert f"made from {other.reference}" in text(
        client.post(
            url(agreement, "versions/receive/"), {"file": SimpleUploadedFile("o.docx", taken(made, other))}
        )
    )
    assert not Suggestion.objects.exists()
    assert browser(made.riverton_signatory).get(url(agreement, "versions/receive/")).status_code == 403


def test_a_file_that_nobody_edited_brings_nothing(made: World) -> None:
    agreement = builders.shared(made)
    done = receiving.receive(
        again(agreement), data=taken(made, agreement), name="b.docx", actor=made.riverton_counsel, now=NOW
    )
    assert (done.changes, done.unplaced) == (0, ())
    assert docx.read(taken(made, agreement))
