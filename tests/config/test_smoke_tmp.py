from django.db import connection
import pytest
@pytest.mark.django_db
def test_x():
    with connection.cursor() as c:
        c.execute("select 1"); assert c.fetchone()[0]==1
