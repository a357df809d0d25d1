"""Find everything that the body of a broken HTTP response could be."""

from collections.abc import Iterator
from compression import zstd
from contextlib import suppress
import re
import zlib


def possible_bodies(raw: bytes) -> Iterator[bytes]:
    """Yield everything that could be meant as the body."""
    lengths = {int(each) for each in re.findall(rb"(?i)content-length: *(\d{1,6})\b", raw)}
    for blank_line in re.finditer(rb"\r?\n\r?\n", raw):
        rest = raw[blank_line.end() :]
        for body in (rest, _dechunk(rest), *(rest[:length] for length in lengths)):
            yield body
            for decompress in (_gunzip, _inflate, _inflate_raw, _decompress_zstd):
                with suppress(EOFError, OSError, zlib.error, zstd.ZstdError):
                    yield decompress(body)


def _dechunk(data: bytes) -> bytes:
    """Return the content of the chunks up to the first error."""
    body = bytearray()
    while match := re.match(rb"([0-9a-fA-F]{1,8})[^\n]*\n", data):
        size = int(match[1], 16)
        body += data[match.end() : match.end() + size]
        data = data[match.end() + size + 2 :]
    return bytes(body)


def _gunzip(data: bytes) -> bytes:
    """Return the first member of gzip data, complete or not."""
    return zlib.decompressobj(wbits=31).decompress(data)


def _inflate(data: bytes) -> bytes:
    """Return deflated data, complete or not."""
    return zlib.decompressobj().decompress(data)


def _inflate_raw(data: bytes) -> bytes:
    """Return deflated data without a header, complete or not."""
    return zlib.decompressobj(wbits=-15).decompress(data)


def _decompress_zstd(data: bytes) -> bytes:
    """Return Zstandard data, complete or not."""
    return zstd.ZstdDecompressor().decompress(data)
