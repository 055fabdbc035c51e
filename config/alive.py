"""A container's health: `python -m config.alive URL` succeeds when the address answers 200."""

import sys
import urllib.error
import urllib.request


def alive(url: str) -> bool:
    """Whether the address answers 200 within four seconds."""
    # The site's own name is not known in here; Django answers a health check by any name it allows.
    try:
        with urllib.request.urlopen(url, timeout=4) as answer:  # noqa: S310 - an address from our own Dockerfile
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


if __name__ == "__main__":
    sys.exit(not alive(sys.argv[1]))
