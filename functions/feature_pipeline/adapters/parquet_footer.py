"""The footer of a parquet file, looked through before DuckDB reads it.

DuckDB makes room for as many entries as the lists of a footer claim to have, outside its memory limit and before it
reads the first of them: a file of 268 bytes can take 9 GB. A footer is a Thrift structure in the compact protocol.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from functions.shared.errors import PermanentError

LONGEST_FOOTER_BYTES = 8 * 1024**2
"""Some 50,000 column chunks; what a longer one needs in time and memory is out of proportion."""

_MARK = b"PAR1"
_DEEPEST = 32
_LARGEST_FIELD = 2**15 - 1
_LONGEST_NUMBER_BYTES = 10
_ENTRY_BYTES, _SCALAR_BYTES = 750, 32
"""What DuckDB takes for an entry of a list: a structure (the largest is a column chunk), or a number or text."""

# Thrift's numbers for types of values.
_STOP, _TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _TEXT, _LIST, _SET, _MAP, _STRUCT = range(13)

Layout = Mapping[int, Any]
"""Fields of a structure that hold lists, here or further in: number -> layout of the field, or [what a list holds]."""

# DuckDB trusts the format for what a list holds, whatever the list says itself: what is looked through here must be
# what DuckDB reads. https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
_COLUMN: Layout = {3: {2: [_I32], 3: [_TEXT], 8: [{}], 13: [{}], 16: {2: [_I64], 3: [_I64]}, 17: {2: [_I32]}}}
_ENCRYPTED_COLUMN: Layout = {8: {2: {1: [_TEXT]}}}
_FOOTER: Layout = {2: [{}], 4: [{1: [{**_COLUMN, **_ENCRYPTED_COLUMN}], 4: [{}]}], 5: [{}], 7: [{}]}


class DamagedObjectError(PermanentError):
    """The object is not parquet, or is damaged."""


class OverLimitError(PermanentError):
    """The object would cost more than its data set may."""


def check_footer(path: Path, *, most_bytes: int) -> None:
    """Refuse a file whose footer is damaged, or would take more memory than this to read.

    Raises:
        DamagedObjectError: not parquet, cut off, or not in the footer's format.
        OverLimitError: too long, or its lists claim too many entries.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - len(_MARK) - 4))
        length, mark = int.from_bytes(file.read(4), "little"), file.read()
        if mark != _MARK:
            message = f"ends in {mark!r} instead of {_MARK!r}: it is not parquet, or was cut off; write it again"
            raise DamagedObjectError(message)
        start = size - length - len(_MARK) - 4
        if start < len(_MARK):
            message = f"its footer claims {length} bytes of the object's {size}: write it again"
            raise DamagedObjectError(message)
        if length > LONGEST_FOOTER_BYTES:
            message = f"its footer has {length} bytes, over {LONGEST_FOOTER_BYTES}: write fewer columns and row groups"
            raise OverLimitError(message)
        file.seek(start)
        # Like DuckDB, which stops reading at the end of the file and not at the end of the footer.
        footer = file.read()
    try:
        _Walk(footer, most_bytes).structure(_FOOTER, depth=0)
    except IndexError as error:
        message = f"its footer breaks off after {length} bytes: write it again"
        raise DamagedObjectError(message) from error


class _Walk:
    def __init__(self, footer: bytes, most_bytes: int) -> None:
        self._footer = footer
        self._most_bytes = most_bytes
        self._at = 0
        self._needed_bytes = 0

    def structure(self, layout: Layout, depth: int) -> None:
        number = 0
        while (head := self._byte()) != _STOP:
            step, kind = head >> 4, head & 15
            number = number + step if step else _signed(self._number())
            if not 0 < number <= _LARGEST_FIELD:  # DuckDB would take its last 16 bits, and so another field
                message = f"its footer has a field {number}, outside 1 to {_LARGEST_FIELD}: write it again"
                raise DamagedObjectError(message)
            if kind not in {_TRUE, _FALSE}:  # which are the field's value
                self._value(kind, layout.get(number), depth)

    def _value(self, kind: int, layout: Any, depth: int) -> None:
        if depth > _DEEPEST:
            message = f"its footer is nested over {_DEEPEST} levels deep: write it again"
            raise DamagedObjectError(message)
        if _I16 <= kind <= _I64:
            self._skip_number()
        elif kind == _TEXT:
            length = self._number()
            self._at += length
        elif kind in {_TRUE, _FALSE, _BYTE}:
            self._at += 1
        elif kind == _DOUBLE:
            self._at += 8
        elif kind in {_LIST, _SET}:
            self._list(layout if kind == _LIST else None, depth)
        elif kind == _STRUCT:
            self.structure(layout if isinstance(layout, Mapping) else {}, depth + 1)
        else:  # maps too: the format has none
            message = f"its footer has a value of type {kind}, which parquet does not know: write it again"
            raise DamagedObjectError(message)

    def _list(self, layout: Any, depth: int) -> None:
        head = self._byte()
        entries, kind = head >> 4, head & 15
        if entries == 15:  # noqa: PLR2004 - more than fit into four bits
            entries = self._number()
        entry = layout[0] if isinstance(layout, list) else None
        wanted = _STRUCT if isinstance(entry, Mapping) else entry
        if entries and wanted not in {None, kind}:
            message = f"its footer has a list of type {kind} in place of type {wanted}: write it again"
            raise DamagedObjectError(message)
        left = len(self._footer) - self._at
        if entries > left:
            message = f"its footer claims a list of {entries} entries in {left} bytes: write it again"
            raise DamagedObjectError(message)
        self._needed_bytes += entries * (_ENTRY_BYTES if kind == _STRUCT else _SCALAR_BYTES)
        if self._needed_bytes > self._most_bytes:
            message = (
                f"its footer claims lists that take {self._needed_bytes} bytes of memory, over {self._most_bytes}: "
                "write fewer columns and row groups, or give the function more memory_mb"
            )
            raise OverLimitError(message)
        for _ in range(entries):
            self._value(kind, entry, depth + 1)

    def _skip_number(self) -> int:
        start = at = self._at
        while self._footer[at] > 127:  # noqa: PLR2004 - the top bit says that more follows
            at += 1
        if at - start >= _LONGEST_NUMBER_BYTES:
            message = f"its footer has a number of over {_LONGEST_NUMBER_BYTES} bytes: write it again"
            raise DamagedObjectError(message)
        self._at = at + 1
        return start

    def _number(self) -> int:
        start = self._skip_number()
        return sum((byte & 127) << 7 * place for place, byte in enumerate(self._footer[start : self._at]))

    def _byte(self) -> int:
        byte = self._footer[self._at]
        self._at += 1
        return byte


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)
