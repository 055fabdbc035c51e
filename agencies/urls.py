"""Addresses of agencies, people, invitations, one's account and one's mail."""

from django.urls import path
from django.views.generic import RedirectView

from agencies.views import account, authority, invitations, people, registry

app_name = "agencies"
urlpatterns = [
    path("agencies/", registry.registry, name="registry"),
    path("agencies/new/", registry.register, name="register"),
    path("agencies/<slug:slug>/", registry.profile, name="agency"),
    path("agencies/<slug:slug>/edit/", registry.edit, name="edit"),
    path("agencies/<slug:slug>/people/", people.people, name="people"),
    path("agencies/<slug:slug>/people/invite/", people.invite, name="invite"),
    path("agencies/<slug:slug>/people/add/", people.add_role, name="add_role"),
    path("agencies/<slug:slug>/people/<uuid:pk>/", people.membership, name="membership"),
    path("agencies/<slug:slug>/people/<uuid:pk>/change/", people.change_role, name="change_role"),
    path("agencies/<slug:slug>/people/<uuid:pk>/end/", people.end_role, name="end_role"),
    path(
        "agencies/<slug:slug>/invitations/<uuid:pk>/revoke/",
        people.revoke_invitation,
        name="revoke_invitation",
    ),
    path("agencies/<slug:slug>/authority/", authority.grant, name="grant_authority"),
    path("agencies/<slug:slug>/authority/<uuid:pk>/revoke/", authority.revoke, name="revoke_authority"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/reminders/", account.reminders, name="reminders"),
    # An address is a login that an agency vouches for; nobody changes their own. Stands before allauth's page.
    path("accounts/email/", RedirectView.as_view(pattern_name="agencies:account"), name="address"),
    path("account/token/", account.token_create, name="token_create"),
    path("account/token/revoke/", account.token_revoke, name="token_revoke"),
    path("mail/", account.mail, name="mail"),
    path("mail/<int:pk>/", account.one_mail, name="letter"),
]
