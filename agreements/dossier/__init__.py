"""What a dossier holds: the documents and histories of agreements as one reader may see them, as files."""

from agreements.dossier.agreement import evidence, folder_of, members
from agreements.dossier.history import histories
from agreements.dossier.reader import Reader
from agreements.dossier.texts import slug

__all__ = ["Reader", "evidence", "folder_of", "histories", "members", "slug"]
