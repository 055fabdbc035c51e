"""What the launcher does before it opens the doors: the schema, and demo data on the first start."""

import os
import sys

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import transaction

LOADING = "loading demo data"


def prepare() -> None:
    """Brings the database up to date; an empty one gets the demo data unless DEMO says no."""
    call_command("migrate", interactive=False, verbosity=0)
    if wants_demo() and not apps.get_model("agencies", "Agency").objects.exists():
        print(LOADING, file=sys.stderr, flush=True)
        with transaction.atomic():  # whole or not at all: a start that is killed leaves no half of it
            call_command("demo", verbosity=0)


def wants_demo() -> bool:
    """Whether a first start is to fill the database with the fictional region."""
    return settings.DEMO and "demo" in get_commands()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    prepare()
