"""Word files: read as blocks to import, written from an agreement's content, and as tracked changes between two."""

from agreements.docx.blocks import Edited
from agreements.docx.edited import Changes, Edit, changes, read_edited
from agreements.docx.reading import read
from agreements.docx.tracking import write_changes
from agreements.docx.writing import write

__all__ = ["Changes", "Edit", "Edited", "changes", "read", "read_edited", "write", "write_changes"]
