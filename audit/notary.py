"""The notary: follows the log entry by entry, signs heads of it, and refuses a log that is not the one it followed.

It reckons from what it kept itself (audit.notebook), never from what the database says of earlier entries; what it
signs is saved before it is published. See docs/adr/007-notary.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from django.conf import settings
from django.db import connection

from audit import checkpoints, heads, log, merkle
from audit.checkpoints import Head
from audit.models import Checkpoint, Node, Notary
from audit.notebook import Damaged, Notebook, State

EVERY = timedelta(minutes=10)
FULL_EVERY = timedelta(days=1)
AFTER_A_FAULT = timedelta(minutes=1)
SEEN_EVERY = timedelta(seconds=10)
WINDOW = 64
SLICE = 20 * log.BLOCK
BATCH = 2_000

logger = structlog.get_logger(__name__)


class Trouble(Exception):
    """The database is not the one the notary followed; the message says how."""


class Broken(Trouble):
    """The database contradicts itself: no epoch can cover that, it must be mended."""


@dataclass(frozen=True)
class Row:
    """One entry as the database has it now; `leaf` is reckoned from its bytes unless these were erased."""

    seq: int
    leaf: bytes
    action: str


def rows(lo: int, hi: int) -> Iterator[Row]:
    """Entries lo <= i < hi, counted from 0, from their bytes. Raises Broken where bytes, hashes and columns differ."""
    with connection.cursor() as cursor:
        for begin in range(lo, hi, BATCH):
            cursor.execute(
                "SELECT n.seq, n.leaf, e.leaf, e.body, e.action, e.stream::text, e.number, e.actor::text, "
                "e.agency::text, e.private_to::text, e.at FROM audit_entry n LEFT JOIN audit_event e ON e.id = n.event_id "
                "WHERE n.seq > %s AND n.seq <= %s ORDER BY n.seq",
                [begin, min(begin + BATCH, hi)],
            )
            for seq, (place, kept, of_event, body, *columns) in enumerate(cursor, begin + 1):
                if place != seq:
                    raise Broken(f"Entry {seq} is missing.")
                yield _row(seq, bytes(kept), bytes(of_event or b""), bytes(body or b""), columns)
            if cursor.rowcount < min(begin + BATCH, hi) - begin:
                raise Broken(f"Entry {begin + cursor.rowcount + 1} is missing.")


def _row(seq: int, kept: bytes, of_event: bytes, body: bytes, columns: Sequence[object]) -> Row:
    if columns[0] is None:
        raise Broken(f"The event of entry {seq} is missing.")
    if kept != of_event or (body and merkle.leaf(body) != kept):
        raise Broken(f"The bytes of entry {seq} do not have the hash that stands beside them.")
    if body and (name := _differing(body, columns)):
        raise Broken(f"Entry {seq} is filed under another {name} than its bytes say.")
    return Row(seq, kept, str(columns[0]))


def _differing(body: bytes, columns: Sequence[object]) -> str:
    """The first search column that says something else than the bytes; empty when all agree."""
    action, stream, number, actor, agency, private_to, at = columns
    try:
        said = json.loads(body)
        by = said["actor"]
        pairs = {
            "action": (said["action"], action),
            "stream": (said["stream"], stream),
            "number": (said["stream_number"], number),
            "person": (by["id"], actor),
            "agency": (by["agency"], agency),
            "owner": (said["private_to"], private_to),
            "time": (datetime.fromisoformat(said["at"]), at),
        }
    except (ValueError, KeyError, TypeError):
        return "form"
    return next((name for name, (one, other) in pairs.items() if one != other), "")


class Office:
    """One notary at work on one notebook. What it holds in memory is only how far its daily full check has come."""

    def __init__(self, book: Notebook, host: str) -> None:
        """Nothing is read yet."""
        self.book, self.host = book, host
        self._place: int | None = None
        self._not_before: datetime | None = None
        self._told: tuple[str, str, str] | None = None
        self._told_at: datetime | None = None

    def turn(self, *, now: datetime, ask: bool = False, whole: bool = False) -> State | None:
        """Look once: enter, compare, follow, sign if it is time (or `ask`), publish, say so. None without a state."""
        log.enter()
        with self.book.alone():
            try:
                begun = self.begun()
            except (Trouble, Damaged) as trouble:
                self._say("", str(trouble), now, now)
                return None
            state = self._looked(begun, now, ask=ask, whole=whole)
            if state.refused != begun.refused:
                self._log(state)
            since = datetime.fromisoformat(state.refused_at) if state.refused else now
            self._say(self._vkey(), state.refused, since, now)
            return state

    def begun(self) -> State:
        """What was saved; on the very first start, a key and an empty state. Raises Damaged."""
        state = self.book.load()
        if state is None and not self.book.has_key() and not Checkpoint.objects.exists():
            self.book.make_key()
        self.book.key()
        if state is None:
            if Checkpoint.objects.exists():
                raise Damaged(
                    "The notary's directory is empty, but heads were published. Put it back from its backup."
                )
            state = State()
            self.book.save(state)
        if later := Checkpoint.objects.filter(epoch__gt=state.epoch).first():
            raise Damaged(
                f"The notary's directory is older than epoch {later.epoch}. Put it back from its backup."
            )
        return state

    def _looked(self, begun: State, now: datetime, *, ask: bool, whole: bool) -> State:
        try:
            self._compare(begun)
            state = self._swept(begun, now, whole=whole)
            if state.refused:
                return state
            return self._go_on(state, now, ask=ask)
        except (Trouble, Damaged) as trouble:
            self._place, self._not_before = None, now + AFTER_A_FAULT
            state = begun.refuse(str(trouble), now)
            if state != self.book.load():
                self.book.save(state)
            return state

    # Comparing ----------------------------------------------------------------------------------------------
    def _compare(self, state: State) -> None:
        """Whether the newest entries that were followed are still those of the database. Raises Trouble."""
        there = log.size()
        if there < state.size:
            raise Trouble(
                f"The log has fewer entries than the {state.size} that were seen: an older state was restored."
            )
        later = Checkpoint.objects.filter(epoch__gt=state.epoch).order_by("epoch").first()
        if later:
            raise Damaged(
                f"The notary's directory is older than epoch {later.epoch}. Put it back from its backup."
            )
        self._same(state, max(0, state.size - WINDOW), state.size)

    def _same(self, state: State, lo: int, hi: int) -> None:
        """Entries lo <= i < hi are those that were followed. Raises Trouble naming the first that is not."""
        kept = self.book.leaves(state.epoch, lo, hi)
        if len(kept) < hi - lo:
            raise Damaged("The notary's file of leaf hashes is too short. Put it back from its backup.")
        for row in rows(lo, hi):
            if row.leaf != kept[row.seq - 1 - lo]:
                raise Trouble(
                    f"Entry {row.seq} of the log is not the one that was seen: the database was changed or restored."
                )

    def _swept(self, state: State, now: datetime, *, whole: bool) -> State:
        """Compare another part of all that was followed; a refusal ends only after all of it was found as it was."""
        if not whole and not self._due(state, now):
            return state
        if self._place is None or whole:
            self._place = 0
        end = state.size if whole else min(state.size, self._place + SLICE)
        for lo in range(self._place, end, SLICE):
            self._part(state, lo, min(lo + SLICE, end))
        self._place = end
        if end < state.size:
            return state
        self._upper(state)
        self._place = None
        done = replace(state, refused="", refused_at="", checked_at=now.isoformat(timespec="seconds"))
        self.book.save(done)
        return done

    def _due(self, state: State, now: datetime) -> bool:
        if self._place is not None:
            return True
        if state.refused:
            return self._not_before is None or now >= self._not_before
        return not state.checked_at or now - datetime.fromisoformat(state.checked_at) >= FULL_EVERY

    def _part(self, state: State, lo: int, hi: int) -> None:
        self._same(state, lo, hi)
        kept = self.book.leaves(state.epoch, lo, hi)
        below = [
            merkle.root(kept[at : at + log.BLOCK]) for at in range(0, len(kept) - log.BLOCK + 1, log.BLOCK)
        ]
        first = lo >> log.BLOCK_LEVEL
        there = Node.objects.filter(level=log.BLOCK_LEVEL, index__gte=first, index__lt=first + len(below))
        if [bytes(node.hash) for node in there.order_by("index")] != below:
            raise Broken(f"The tree above entries {lo + 1} to {hi} does not follow from them.")

    def _upper(self, state: State) -> None:
        """The levels above follow from the lowest one that is kept, and all leaves lead to the saved edge."""
        for node in Node.objects.filter(level__gt=log.BLOCK_LEVEL).order_by("level", "index"):
            lo = node.index * log.BLOCK
            beneath = Node.objects.filter(
                level=node.level - log.BLOCK_LEVEL, index__gte=lo, index__lt=lo + log.BLOCK
            )
            below = [bytes(digest) for digest in beneath.order_by("index").values_list("hash", flat=True)]
            if len(below) != log.BLOCK or merkle.root(below) != bytes(node.hash):
                raise Broken(f"The tree's node {node} does not follow from those beneath it.")
        edge: list[tuple[int, bytes]] = []
        for lo in range(0, state.size, SLICE):
            edge = merkle.edge(self.book.leaves(state.epoch, lo, min(lo + SLICE, state.size)), edge)
        if tuple(edge) != state.edge:
            raise Damaged(
                "The notary's file of leaf hashes is not the one of its state. Put it back from its backup."
            )

    # Going on -----------------------------------------------------------------------------------------------
    def _go_on(self, state: State, now: datetime, *, ask: bool) -> State:
        self.publish(state)
        followed, urgent = self._follow(state)
        if followed.size > followed.signed_size and (urgent or ask or self._time_to_sign(followed, now)):
            followed = self.signed(followed, now)
        if followed != state:
            self.book.save(followed)
            if followed.note != state.note:
                self.publish(followed)
        return followed

    def _follow(self, state: State) -> tuple[State, bool]:
        """All entries that are new, with their bytes; whether one of them must be signed at once."""
        edge, urgent, at, end = list(state.edge), False, state.size, log.size()
        heads_there = Checkpoint.objects.filter(epoch=state.epoch, size__gt=state.signed_size)
        published = {row.size: bytes(row.root) for row in heads_there}
        if published and max(published) > end:
            raise Broken(f"A head of {max(published)} entries was published; the database holds {end}.")
        while at < end:
            stop = min([at + SLICE, end, *(size for size in published if size > at)])
            fresh = list(rows(at, stop))
            edge = merkle.edge((row.leaf for row in fresh), edge)
            if published.get(stop, merkle.root_of(edge)) != merkle.root_of(edge):
                raise Trouble(f"A published head of {stop} entries has another root.")
            self.book.keep_leaves(state.epoch, at, [row.leaf for row in fresh])
            urgent = urgent or any(_urgent(row.action) for row in fresh)
            at = stop
        return replace(state, edge=tuple(edge)), urgent

    def _time_to_sign(self, state: State, now: datetime) -> bool:
        if state.signed is None or now - state.signed.head.at >= EVERY:
            return True
        said = heads.status()
        return said is not None and said.asked > state.signed_size

    def signed(self, state: State, now: datetime) -> State:
        """With a head over all that was followed; its time is never before that of the last one."""
        at = now.astimezone(UTC).replace(microsecond=0)
        if state.signed:
            at = max(at, state.signed.head.at)
        head = Head(self.host, state.epoch, state.size, state.root, at)
        return replace(state, note=checkpoints.sign(head, self.book.key()).text())

    def publish(self, state: State) -> None:
        """The last head into its day's file and into the database, unless it is there. Raises Broken for another."""
        note = state.signed
        if note is None:
            return
        head = note.head
        self.book.publish(note)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_checkpoint (epoch, size, root, note, signed_at) VALUES (%s, %s, %s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [head.epoch, head.size, head.root, note.text(), head.at],
            )
        there = Checkpoint.objects.get(epoch=head.epoch, size=head.size)
        if there.note != note.text():
            raise Broken(f"The database holds another head of {head.size} entries than the one signed.")

    # Saying so ----------------------------------------------------------------------------------------------
    def _vkey(self) -> str:
        return checkpoints.key_of(self.host, self.book.key()).vkey()

    def _log(self, state: State) -> None:
        if state.refused:
            logger.error("notary.refused", reason=state.refused, epoch=state.epoch, size=state.size)
        else:
            logger.warning("notary.goes_on", epoch=state.epoch, size=state.size)

    def _say(self, vkey: str, refused: str, since: datetime, now: datetime) -> None:
        """Leave a sign of life in the database, at once when there is news, otherwise now and then."""
        server = heads.server()
        told = (vkey, refused, server)
        if told == self._told and self._told_at and now - self._told_at < SEEN_EVERY:
            return
        Notary.objects.bulk_create(
            [Notary(id=1, vkey=vkey, seen_at=now, server=server, refused=refused, refused_at=since if refused else None)],
            update_conflicts=True, unique_fields=["id"],
            update_fields=["seen_at", "server", "refused", "refused_at", *(["vkey"] if vkey else [])],
        )  # fmt: skip
        self._told, self._told_at = told, now


def _urgent(action: str) -> bool:
    """Whether the action is named in AUDIT_URGENT, or begins with a name there that ends with a dot."""
    return any(
        action == name or (name.endswith(".") and action.startswith(name)) for name in settings.AUDIT_URGENT
    )
