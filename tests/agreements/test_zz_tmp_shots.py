import pytest, os
from datetime import timedelta, date
from django.utils import timezone
from django.test import Client
from django.conf import settings as S
from playwright.sync_api import sync_playwright
from tests import builders
from tests.agreements.test_board import dated
from agreements.operations import reviewing, negotiating
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

def test_shots(live_server, transactional_db, django_db_serialized_rollback):
    m = builders.world()
    today = timezone.localdate()
    T = ["Exchange of case records", "Automated licence plate reader sharing", "Jail booking data for release planning", "School resource officer programme", "Crisis response data", "Body-worn camera evidence transfer", "Fingerprint exchange"]
    d = timedelta
    ds = [dict(last_day=today+d(60), notice_due_on=today-d(1)), dict(last_day=today-d(20)), dict(last_day=today+d(80), notice_due_on=today+d(20)),
          dict(last_day=today+d(170)), dict(review_due_on=today+d(40)), dict(last_day=today+d(900), review_due_on=today+d(85)), dict(last_day=today+d(60), notice_due_on=today-d(3))]
    made = []
    for t, k in zip(T, ds):
        made.append(dated(builders.executed(m, title=t), **k))
    reviewing.decide(made[-1], outcome="lapse", reason="Nobody uses it.", actor=m.riverton_counsel, now=timezone.now())
    builders.drafted(m, title="Drone imagery for search and rescue"); s = builders.shared(m, title="Overdose early warning"); builders.in_approval(m, title="Probation status lookups"); builders.in_signing(m, title="Court dates and warrants"); builders.approved(m, title="Ready to go")
    negotiating.comment(s, text="We would accept 60 days", private=True, actor=m.mesa_counsel, now=timezone.now())
    back = negotiating.return_text(s, actor=m.mesa_liaison, now=timezone.now())
    with sync_playwright() as p:
        b = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for who in ("riverton_counsel",):
            c = Client(); c.force_login(m.people[who], backend="allauth.account.auth_backends.AuthenticationBackend")
            for w in (1280, 390):
                ctx = b.new_context(viewport={"width": w, "height": 900})
                ctx.add_cookies([{"name": "sessionid", "value": c.cookies["sessionid"].value, "url": live_server.url}])
                pg = ctx.new_page()
                for n, u in {"intray": "/", "list": "/agreements/", "board": "/board/", "history": f"/agreements/{s.pk}/history/", "decide": f"/agreements/{made[0].pk}/decide/", "empty": "/agreements/?q=xylophone", "bad": "/agreements/?stage=signed&kind=IEA"}.items():
                    pg.goto(live_server.url + u)
                    over = pg.evaluate("document.documentElement.scrollWidth - innerWidth")
                    print(n, w, "overflow", over)
                    pg.screenshot(path=f"/tmp/deskplug/{n}-{w}.png", full_page=True)
        b.close()
