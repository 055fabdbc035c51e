"""Word files: read as blocks to import, written from an agreement's content with real styles and numbering."""

from agreements.docx.reading import read
from agreements.docx.writing import write

__all__ = ["read", "write"]
