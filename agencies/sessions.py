"""Sessions in the database, as Django keeps them; who is signed in is the first question of every request."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import CharField, DateTimeField
from django.utils import timezone

from common.prepared import Prepared, Slot

_SESSION = Prepared(
    lambda: Session.objects.filter(
        session_key=Slot("key", CharField()), expire_date__gt=Slot("now", DateTimeField())
    )
)


class SessionStore(db.SessionStore):
    """Django's, with its question put together once."""

    def _get_session_from_db(self) -> Any:
        found = _SESSION.one(key=self.session_key, now=timezone.now())  # noqa: TID251  (the edge)
        if found is None:
            self._session_key = None
        return found
