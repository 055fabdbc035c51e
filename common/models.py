"""The outbox: what may fail is a row first."""

from django.db import models


class Job(models.Model):
    """Something to be done once: written in the transaction that caused it, done by whoever holds its lock."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    owner = models.UUIDField(null=True)
    run_after = models.DateTimeField()
    started = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["run_after"], condition=models.Q(done_at=None, parked_at=None), name="job_due"
            ),
            models.Index(fields=["kind", "created_at"], condition=models.Q(done_at=None), name="job_undone"),
            models.Index(fields=["owner", "-id"], name="job_of_owner"),
        ]

    def __str__(self) -> str:
        return self.key
