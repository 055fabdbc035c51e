"""People, and the roles they hold in agencies."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from agencies.models.agency import Agency
from agencies.models.spans import ends_after_it_begins, holds
from agencies.models.validators import no_control_characters, plain_name
from audit.models import Audited, AuditedQuerySet
from common.prepared import Prepared, Slot


class Role(models.TextChoices):
    """What a person does for an agency."""

    LIAISON = "liaison", "Liaison"
    COUNSEL = "counsel", "Counsel"
    SIGNATORY = "signatory", "Signatory"
    AUDITOR = "auditor", "Auditor"
    ADMINISTRATOR = "administrator", "Administrator"


class Pace(models.TextChoices):
    """How often somebody is told of what falls due."""

    AT_ONCE = "at_once", "Each as it falls due"
    DAILY = "daily", "One mail a day"
    WEEKLY = "weekly", "One mail a week, on Monday; what can’t wait till then comes before"


class UserManager(BaseUserManager["User"]):
    """People by e-mail address; an address is one person however it is capitalised."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """The person with this address."""
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A new person; without a password they can't sign in until they set one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """An operator of the platform (not for daily use)."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with an account. Not an audited row, since Django itself writes `last_login`.

    Name, address and activity change only in `agencies.operations.people`, which records events on the
    stream `id`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        "e-mail", unique=True, error_messages={"unique": "Somebody already uses this e-mail address."}
    )
    name = models.CharField(max_length=150, validators=[plain_name])
    title = models.CharField(max_length=150, blank=True, validators=[plain_name])
    phone = models.CharField(max_length=40, blank=True, validators=[no_control_characters])
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(auto_now_add=True)
    reminder_pace = models.CharField(
        "reminders of deadlines", max_length=8, choices=Pace, default=Pace.AT_ONCE, editable=False
    )
    mail_seen_at = models.DateTimeField(null=True, blank=True, editable=False)

    remembered: dict[dt.date, list["Membership"]] | None = None
    """The roles held on a day, once they were asked for, while a request that only reads is answered."""

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ["name", "id"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(name="user_email_is_lower_case", condition=Q(email=Lower(F("email")))),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        """Fold the address to small letters."""
        self.email = self.email.strip().lower()

    @property
    def label(self) -> str:
        """How the record names this person: "Name, Title (address)"."""
        named = f"{self.name}, {self.title}" if self.title else self.name
        return f"{named} ({self.email})" if named else self.email

    def get_full_name(self) -> str:
        """The person's name."""
        return self.name

    def remember_roles(self) -> None:
        """This object asks for its roles once a day: while nothing is done that depends on how they are by then."""
        self.remembered = {}


class MembershipQuerySet(AuditedQuerySet["Membership"]):
    """Sets of memberships."""

    def active(self, *, on: dt.date) -> Self:
        """Those that hold on the day `on`, of active people in active agencies."""
        return self.filter(holds(on), user__is_active=True, agency__active=True)


class Membership(Audited):
    """One role of one person in one agency, from `since` and before `until`."""

    STREAM_FIELD: ClassVar[str] = "agency_id"

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        ordering = ["agency_id", "user_id", "role", "since", "id"]
        constraints: ClassVar[list[Any]] = [
            ends_after_it_begins("membership_dates"),
            models.UniqueConstraint(
                name="membership_once",
                fields=["user", "agency", "role"],
                condition=Q(until__isnull=True),
                violation_error_message="This person already has this role.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()} of {self.agency}"


def memberships_of(user: User, *, today: dt.date) -> MembershipQuerySet:
    """The roles `user` holds on `today`, with their agencies, in the order of the agencies' names."""
    return _held(user.pk, today)


def _held(user: Any, today: Any) -> MembershipQuerySet:
    held = Membership.objects.filter(user=user).active(on=today)
    return held.select_related("agency").order_by("agency__name", "agency_id", "role")


class Held(NamedTuple):
    """A role in an agency."""

    agency_id: uuid.UUID
    role: str


_ANYBODY, _ANY_DAY = Slot("user", models.UUIDField()), Slot("today", models.DateField())
_ROLES = Prepared(lambda: _held(_ANYBODY, _ANY_DAY))
_ROLES_ALONE = Prepared(lambda: _held(_ANYBODY, _ANY_DAY).values_list("agency_id", "role"))


def roles_of(user: User, *, today: dt.date) -> list[Membership]:
    """As `memberships_of`, from what a user remembers who does."""
    if user.remembered is None:
        return _ROLES.rows(user=user.pk, today=today)
    if today not in user.remembered:
        user.remembered[today] = _ROLES.rows(user=user.pk, today=today)
    return user.remembered[today]


def held_by(user: User, *, today: dt.date) -> Sequence[Held | Membership]:
    """The roles `user` holds on `today`, in the order of the agencies' names: asked before every act."""
    if user.remembered is not None:
        return roles_of(user, today=today)
    return [Held(*row) for row in _ROLES_ALONE.values(user=user.pk, today=today)]
