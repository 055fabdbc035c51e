"""A picture of a signature: taken apart into pixels and put together anew, so that nothing else comes with it."""

from __future__ import annotations

import warnings
from io import BytesIO

from django.core.exceptions import ValidationError
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

MOST_BYTES = 1024 * 1024
MOST_PIXELS = 6_000_000
SIZE = (900, 300)
"""The largest picture kept, in pixels."""
FORMATS = ("PNG", "JPEG")


def cleaned(data: bytes) -> bytes:
    """The same picture as a small PNG in shades of grey, without whatever else the file held.

    Raises ValidationError at `image` for what is no PNG or JPEG, or is too big; its pixels are counted before any is read.
    """
    if len(data) > MOST_BYTES:
        raise _refused("The picture is larger than 1 MB. Choose a smaller one, or sign without a picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _redrawn(data)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError,
            SyntaxError, EOFError) as wrong:  # fmt: skip
        raise _refused(
            "This is not a PNG or JPEG picture that can be read. Choose another one, or sign without a picture."
        ) from wrong


def _redrawn(data: bytes) -> bytes:
    with Image.open(BytesIO(data), formats=FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise _refused(
                "The picture has too many pixels. Choose one of at most 3,000 by 2,000, or sign without."
            )
        # Another library of this process may have let half a picture pass for a whole one.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        picture.load()
        upright = ImageOps.exif_transpose(picture).convert("RGBA")
    paper = Image.new("RGBA", upright.size, "white")
    flat = Image.alpha_composite(paper, upright).convert("L")
    flat.thumbnail(SIZE)
    bare = Image.frombytes("L", flat.size, flat.tobytes())
    out = BytesIO()
    bare.save(out, "PNG", optimize=True)
    return out.getvalue()


def _refused(words: str) -> ValidationError:
    return ValidationError({"image": words})
