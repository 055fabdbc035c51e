"""An executed agreement has exactly one final document, and it says what was signed."""

from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from pypdf import PdfReader

from agreements import pdf
from agreements.models import SealedDocument
from tests import builders
from tests.notarising import sealed

pytestmark = pytest.mark.django_db


def test_the_final_document_holds_the_text_the_signers_and_the_hash() -> None:
    made = builders.world()
    agreement = builders.executed(made)
    sealed(agreement)
    sealed(agreement)
    row = SealedDocument.objects.get(agreement=agreement)
    content = pdf.load(row.sha256, Path(settings.DOCUMENTS))
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    squeezed = "".join(text.split())
    assert agreement.frozen is not None
    assert agreement.frozen.sha256 in squeezed
    assert "MesaSignatory" in squeezed
    assert "RivertonSignatory" in squeezed
    assert row.pages == len(PdfReader(BytesIO(content)).pages)
