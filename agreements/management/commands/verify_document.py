"""`manage.py verify_document FILE`: whether a file is a document of ours, by the record and by the seal in the file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from agreements import verifying
from agreements.models import SealCertificate
from agreements.operations.sealing import stamp_roots
from agreements.pdf.checking import checked

EXITS = {verifying.GENUINE: 0, verifying.CHANGED: 1, verifying.UNKNOWN: 2}


class Command(BaseCommand):
    """Ends with 0: genuine and unchanged; 1: changed; 2: not known here."""

    help = (
        "Says whether a file is a final document made here, unchanged: by its hash, and by the seal it bears."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Say what the record and what the seal says."""
        try:
            data = file.read_bytes()
        except OSError as wrong:
            raise CommandError(f"{file} can't be read: {wrong.strerror}.") from wrong
        said = verifying.of_file(data, now=timezone.now())
        for line in self.lines(said, data):
            self.stdout.write(line)
        if EXITS[said.state]:
            raise SystemExit(EXITS[said.state])

    def lines(self, said: verifying.Verdict, data: bytes) -> list[str]:
        """The verdict in words."""
        found = [f"{said.state}: {said.given}"]
        if said.known:
            found.append(f"{said.reference}, {', '.join(said.parties)}: {said.standing}")
            found += [
                f"signed for {one.agency} at {one.at:%Y-%m-%dT%H:%M:%SZ}" for one in said.signatures if one.at
            ]
        if said.superseded_by:
            found.append(f"superseded by {said.superseded_by}")
        if said.state == verifying.CHANGED:
            found.append(f"the genuine file has the SHA-256 {said.sha256}")
        return [*found, self.of_seal(data)]

    def of_seal(self, data: bytes) -> str:
        """What the file itself shows, whatever the record says."""
        known = SealCertificate.objects.order_by("first_used_at").values_list("pem", flat=True)
        seal = checked(data, roots=known, stamps=stamp_roots())
        if not seal.ours:
            return f"seal: {seal.why}"
        return f"seal: {seal.subject}, {'holds' if seal.unchanged else seal.why}"
