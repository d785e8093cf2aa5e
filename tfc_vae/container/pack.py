"""Header and sections -> bytes. The same values always give the same bytes."""

import zlib
from collections.abc import Mapping

from tfc_vae.container.layout import (
    CRC,
    CRITICAL,
    END,
    HEADER,
    MAGIC,
    STREAM,
    VERSION,
    FormatError,
    Header,
)


def pack(header: Header, sections: Mapping[str, bytes]) -> bytes:
    """Writes a .tfcv file.

    Args:
      header: a `Header`.
      sections: {tag: payload}. A tag is one ASCII letter, upper case for what a reader
        must understand and lower case for what it may skip; "S" must be among them.
        They are written in the order of their tags, whatever the order here.

    Returns:
      bytes, at most 38 more than the payload if "S" is alone and below 2 MiB.

    Raises:
      FormatError: a tag is not one that this version may write, or "S" is missing.
    """
    if STREAM not in sections:
        raise FormatError(
            "section-missing", f"section {STREAM!r} is missing; every file needs one"
        )
    head = HEADER.pack(
        MAGIC,
        VERSION,
        header.flags,
        header.model_id,
        header.height,
        header.width,
        header.quality_q8,
        header.lanes_log2,
    )
    body = b"".join(_section(tag, sections[tag]) for tag in sorted(sections))
    body += bytes([END])
    head_crc = zlib.crc32(head)
    body_crc = zlib.crc32(body, head_crc)
    return b"".join([head, CRC.pack(head_crc), body, CRC.pack(body_crc)])


def _section(tag, payload):
    skippable = len(tag) == 1 and "a" <= tag <= "z"
    if tag not in CRITICAL and not skippable:
        raise FormatError(
            "section-unknown",
            f"cannot write section {tag!r}; expected one of {', '.join(CRITICAL)} or "
            "one letter from a to z",
        )
    return b"".join([tag.encode("ascii"), _varint(len(payload)), payload])


def _varint(value):
    """LEB128: seven bits a byte, the lowest first; the top bit says 'more follow'."""
    if value >= 2**32:
        raise FormatError(
            "section-length", f"a section of {value} bytes; expected less than 2**32"
        )
    out = bytearray()
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
