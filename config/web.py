"""What gunicorn is told beside its command line."""

import signal
from typing import Any

from config import child


def post_fork(server: Any, worker: Any) -> None:
    """A process that answers must not outlive the one that started it: it would go on holding the port."""
    child.die_with_parent(signal.SIGKILL, server.pid)
