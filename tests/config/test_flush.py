"""The guards of the audit refuse to be emptied, and yet a transactional test leaves nothing behind."""

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import Head
from common import outbox
from common.models import Job
from tests import builders, emptying


def _truncate_history() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_event CASCADE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", [1, 2])
def test_what_one_transactional_test_commits_the_next_does_not_see(_round: int) -> None:
    assert not Job.objects.exists()
    assert emptying.left() == ["audit_head"] and Head.objects.get().size == 0
    builders.drafted(builders.world())
    with transaction.atomic():
        outbox.put("none", "left over", {})
    with pytest.raises(DatabaseError, match="only added to"):
        _truncate_history()
