"""The domain's refusals, as a web page or an API answers them."""

from __future__ import annotations

from typing import Any


class Stale(Exception):
    """The row was changed by somebody else since it was read; nothing was written."""

    def __init__(self, row: Any = None) -> None:
        """Keep the row, whose database state is the newer one."""
        self.row = row
        super().__init__("Somebody changed this meanwhile. Compare both texts, then save again.")
