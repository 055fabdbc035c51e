"""Where the files of the pages are: asked two dozen times for each page, and the same as long as a process runs."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.staticfiles.storage import StaticFilesStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Files(StaticFilesStorage):
    """Where they are written."""

    @cached_property
    def _known(self) -> dict[tuple[Any, ...], str]:
        return {}

    def url(self, *asked: Any) -> str:
        """The address of a file, looked up once."""
        if asked not in self._known:
            self._known[asked] = super().url(*asked)
        return self._known[asked]


class Collected(Files, CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Collected, with a hash of their content in their names."""
