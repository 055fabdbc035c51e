#!/usr/bin/env python
"""Django's command line. On the embedded default it lends the command the engines it needs."""

import os
import sys

from django.core.management import execute_from_command_line

from config.engines import lent


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    with lent(sys.argv):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
