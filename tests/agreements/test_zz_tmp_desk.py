import random, pytest
from django.db import connection, transaction, DatabaseError
from agreements.listing import UNSAID
@pytest.mark.django_db
def test_fuzz():
    bits = ["-", '"', "'", " ", "a", "or", "OR", "and", "!", "&", "|", "(", ")", "<->", ":*", "\\", "foo", "-foo", '"foo bar"', "zp", ":A", "é", "\t", "\u3000"]
    r = random.Random(1)
    bad = set()
    with connection.cursor() as c:
        for n in range(30000):
            t = UNSAID.sub(" ", "".join(r.choice(bits[: r.choice([3, 8, 24])]) for _ in range(r.randint(1, 200)))[:200])
            try:
                with transaction.atomic():
                    c.execute("select websearch_to_tsquery('english', %s) && 'zp1 | zp2'::tsquery", [t])
            except DatabaseError as e:
                bad.add(str(e)); print(repr(t), e)
    assert not bad
