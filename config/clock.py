"""The clock of the bell: what is rung when. It knows the tasks by their names: reading them took most of its start."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("concordat", set_as_current=False)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    "worker seen": {"task": "config.celery.seen", "schedule": 30.0, "options": {"expires": 30}},
    "outbox": {"task": "common.tasks.sweep", "schedule": 20.0, "options": {"expires": 20}},
    "stamps": {"task": "audit.tasks.stamps", "schedule": 1800.0, "options": {"expires": 1800}},
    "reminders": {"task": "agreements.tasks.remind", "schedule": 600.0, "options": {"expires": 600}},
    "forgotten texts": {
        "task": "agreements.tasks.forget_texts",
        "schedule": 43200.0,
        "options": {"expires": 43200},
    },
}
