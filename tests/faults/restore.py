"""`python -m tests.faults.restore` (or --small): backups taken while work goes on are put back, undeclared and declared.

Each time: the notary refuses the restored database and signs nothing of it, no mail that had been sent is sent again,
and once the restore is declared the log verifies (audit/verify.py), with exactly the lost range named. Ends with 1 and
says what is wrong, if anything is.
"""

import io
import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.db import connection

from tests import schema
from tests.faults.installation import ROOT, Engine, Sink, at_work, installation, until

FULL, SMALL = 20, 2
SEED = 20261121
PACE = "0.03"
LINES = 6


def main(small: bool) -> int:
    """Back up, go on, put back, go on, declare; again and again on one installation."""
    rounds, wrong = SMALL if small else FULL, []
    with installation() as (directory, engine, sink):
        django.setup()
        schema.filled()
        connection.close()
        scene = import_module("tests.faults.restore").Scene(directory, engine, sink)
        appenders = [
            ["-m", "tests.faults.hand", "append", str(directory / f"ledger-{n}"), PACE] for n in (1, 2)
        ]
        began = time.monotonic()
        with at_work(
            *appenders, ["-m", "tests.faults.hand", "send", str(scene.pause)], ["manage.py", "notary"]
        ):
            for number in range(1, rounds + 1):
                wrong += [f"restore {number}: {words}" for words in scene.restore(number)]
        repeated = sum(count - 1 for count in Counter(sink.accepted).values())
        print(
            f"{rounds} restores in {time.monotonic() - began:.0f} s: {scene.refused} refused, {scene.declared} declared and "
            f"verified; {len(sink.accepted)} mails sent, {scene.tempting} of them unsent in a restored database, {repeated} sent again"
        )
    if repeated:
        wrong.append(f"{repeated} mails were sent again")
    print(
        "\n".join(wrong)
        if wrong
        else "Each restore was refused, then declared; the lost range is named; no mail twice."
    )
    return int(bool(wrong))


class Scene:
    """One installation, restored again and again."""

    def __init__(self, directory: Path, engine: Engine, sink: Sink) -> None:
        """Nothing has happened yet."""
        self.directory, self.engine, self.sink = directory, engine, sink
        self.pause, self.backup = directory / "pause", directory / "backup"
        self.chance = random.Random(SEED)
        self.refused = self.declared = self.tempting = 0

    def restore(self, number: int) -> Iterator[str]:
        """One backup, its restore and the declaration; what was wrong, in words."""
        kept_size = self._backed_up()
        before, state = self._lost_work(kept_size)
        old_heads = self._heads()
        self._put_back()
        yield from self._undeclared(state, old_heads)
        yield from self._declared(number, before, state, old_heads)

    # The steps ----------------------------------------------------------------------------------------------
    def _backed_up(self) -> int:
        """A copy taken at a random moment, with mail in it that is unsent; how many entries it holds."""
        until(lambda: _one("SELECT refused = '' FROM audit_notary"), "the notary")
        time.sleep(self.chance.uniform(0.2, 2.0))
        with self._resting():
            until(
                lambda: (
                    _one("SELECT count(*) FROM common_job WHERE done_at IS NULL AND parked_at IS NULL") > 0
                ),
                "mail",
            )
            shutil.rmtree(self.backup, ignore_errors=True)
            connection.close()
            self.engine.stop()
            self.engine.copy(self.backup)
            self.engine.start()
            return int(_one("SELECT size FROM audit_head"))

    def _lost_work(self, kept_size: int) -> tuple[list[str], dict[str, Any]]:
        """Work after the backup, signed and mailed; the log and the notary's state when the disaster comes."""
        until(lambda: (_one("SELECT max(size) FROM audit_checkpoint") or 0) > kept_size + 5, "a later head")
        sent = len(self.sink.accepted)
        until(lambda: len(self.sink.accepted) > sent + 3, "mail sent after the backup")
        time.sleep(self.chance.uniform(0.2, 1.5))
        with self._resting():
            before = _leaves()
            connection.close()
            self.engine.kill()
            return before, json.loads((self.directory / "notary" / "state.json").read_text())

    def _put_back(self) -> None:
        self.engine.put_back(self.backup)
        self.engine.start()
        keys = "SELECT payload ->> 'message_id' FROM common_job WHERE done_at IS NULL AND parked_at IS NULL"
        self.tempting += len({key for (key,) in _rows(keys)} & set(self.sink.accepted))

    def _undeclared(self, state: dict[str, Any], old_heads: list[str]) -> Iterator[str]:
        """The notary refuses, and goes on refusing while people work on."""
        until(lambda: bool(_one("SELECT refused <> '' FROM audit_notary")), "the refusal")
        events = _one("SELECT count(*) FROM audit_event")
        time.sleep(self.chance.uniform(1.5, 3.0))
        until(lambda: _one("SELECT count(*) FROM audit_event") > events + 5, "work after the restore")
        newer = _one(
            f"SELECT count(*) FROM audit_checkpoint WHERE (epoch, size) > ({state['epoch']}, {state['size']})"
        )
        if newer or self._heads() != old_heads or not _one("SELECT refused <> '' FROM audit_notary"):
            yield "a head was signed of an undeclared restore"
        else:
            self.refused += 1

    def _declared(
        self, number: int, before: list[str], state: dict[str, Any], old_heads: list[str]
    ) -> Iterator[str]:
        done = subprocess.run(
            [sys.executable, "manage.py", "audit_epoch", "--reason", f"Backup {number} put back."],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            yield f"not declared: {done.stderr[-500:]}"
            return
        after, (body,) = (
            _leaves(),
            _rows(
                "SELECT body FROM audit_event WHERE action = 'log.epoch_declared' ORDER BY id DESC LIMIT 1"
            )[0],
        )
        facts = json.loads(bytes(body))["facts"]
        kept = next(
            (n for n, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), len(after)
        )
        said = [facts[name] for name in ("old_epoch", "kept", "lost_first", "lost_last")]
        if said != [state["epoch"], kept, kept + 1, state["size"]]:
            yield f"declared {said}, but {kept} of {len(before)} entries are kept"
        wrong = list(self._verified(facts, old_heads))
        self.declared += not wrong
        yield from wrong

    def _verified(self, facts: dict[str, Any], old_heads: list[str]) -> Iterator[str]:
        """A dossier of the whole log, checked by the file that goes along, beside heads held from before."""
        checkpoints = import_module("audit.checkpoints")
        old = [note for note in self._heads() if checkpoints.parse(note).head.epoch == facts["old_epoch"]]
        kept = [note for note in old if checkpoints.parse(note).head.size <= facts["kept"]][-1]
        dossier = self._dossier([kept])
        lost = f"entries {facts['lost_first']} to {facts['lost_last']}"
        for held, code in ((kept, 0), (old_heads[-1], 2), (old[-1], 2)):
            (self.directory / "held").write_text(held)
            command = [
                "-I",
                "-S",
                str(ROOT / "audit" / "verify.py"),
                str(dossier),
                "--head",
                str(self.directory / "held"),
            ]
            done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
            if (
                done.returncode != code
                or str(facts["lost_first"]) not in done.stdout
                or facts["reason"] not in done.stdout
            ):
                yield f"verify.py ends with {done.returncode} instead of {code} or does not name {lost}: {done.stdout[-600:]}"

    def _dossier(self, heads_inside: list[str]) -> Path:
        """Every entry so far, made as a dossier is made."""
        bundle, heads, log = (import_module(f"audit.{name}") for name in ("bundle", "heads", "log"))
        record, models = import_module("audit.record"), import_module("audit.models")
        documents = [("documents/a.txt", b"The text.\n")]
        streams = {str(row.pk): row.size for row in models.Stream.objects.all()}
        facts = {"manifest": bundle.manifest(documents).sha256, "streams": streams}
        hand = import_module("tests.faults.hand")
        with import_module("django.db").transaction.atomic():
            now = import_module("django.utils.timezone").now()
            made = record.record(
                "dossier.made", stream=hand.STREAMS[0], actor=record.SYSTEM, now=now, facts=facts
            )
        log.enter()
        seq = models.Entry.objects.get(event=made.pk).seq
        covering = heads.awaited(seq, patience=60)
        events = (
            models.Event.objects.filter(entry__seq__lte=seq).select_related("entry").order_by("entry__seq")
        )
        out = io.BytesIO()
        bundle.write(
            out, documents=documents, events=events.iterator(), withheld=lambda event: False,
            checkpoint=covering.note, heads=heads_inside, key=heads.vkey(),
        )  # fmt: skip
        path = self.directory / "dossier.zip"
        path.write_bytes(out.getvalue())
        return path

    # Small things -------------------------------------------------------------------------------------------
    @contextmanager
    def _resting(self) -> Iterator[None]:
        """No mail is on its way meanwhile: what a crash in the middle of sending repeats is another matter."""
        resting = self.pause.with_suffix(".resting")
        resting.unlink(missing_ok=True)
        self.pause.touch()
        try:
            until(resting.exists, "the sender at rest")
            yield
        finally:
            self.pause.unlink()

    def _heads(self) -> list[str]:
        files = sorted((self.directory / "notary" / "heads").glob("*.txt"))
        lines = [line for path in files for line in path.read_text().splitlines(keepends=True)]
        return ["".join(lines[at : at + LINES]) for at in range(0, len(lines), LINES)]


def _rows(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        found: list[Any] = cursor.fetchall()
    return found


def _one(statement: str) -> Any:
    found = _rows(statement)
    return found[0][0] if found else None


def _leaves() -> list[str]:
    return [bytes(leaf).hex() for (leaf,) in _rows("SELECT leaf FROM audit_entry ORDER BY seq")]


if __name__ == "__main__":
    sys.exit(main("--small" in sys.argv[1:]))
