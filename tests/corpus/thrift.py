"""Thrift's compact protocol, as far as parquet needs it: read, change, write again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, TEXT, LIST, SET, MAP, STRUCT = range(1, 13)


@dataclass
class Items:
    """A list; it can claim to be longer than it is."""

    kind: int
    entries: list[Any]
    claimed: int | None = None


@dataclass
class Struct:
    """Fields by number."""

    kinds: dict[int, int] = field(default_factory=dict)
    values: dict[int, Any] = field(default_factory=dict)

    def __getitem__(self, number: int) -> Any:
        return self.values[number]

    def put(self, number: int, value: Any, kind: int | None = None) -> "Struct":
        """Set a field; its kind is needed if it is new."""
        self.kinds[number] = self.kinds[number] if kind is None else kind
        self.values[number] = value
        return self


def varint(number: int) -> bytes:
    """A number without a sign, seven bits a byte."""
    written = bytearray()
    while number > 127:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def zigzag(number: int) -> bytes:
    """A number with a sign."""
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def written(value: Any, kind: int = STRUCT) -> bytes:
    """A value as bytes."""
    if kind in {TRUE, FALSE}:
        return b""
    if kind in {I16, I32, I64}:
        return zigzag(value)
    if kind == TEXT:
        return varint(len(value)) + bytes(value)
    if kind == LIST:
        return _list(value)
    return b"".join(_fields(value)) + b"\0"


def _list(items: Items) -> bytes:
    claimed = len(items.entries) if items.claimed is None else items.claimed
    head = bytes([claimed << 4 | items.kind]) if claimed < 15 else bytes([0xF0 | items.kind]) + varint(claimed)
    return head + b"".join(written(entry, items.kind) for entry in items.entries)


def _fields(struct: Struct) -> Iterator[bytes]:
    last = 0
    for number in sorted(struct.values):
        kind, step = struct.kinds[number], number - last
        yield bytes([step << 4 | kind]) if step < 16 else bytes([kind]) + zigzag(number)
        yield written(struct.values[number], kind)
        last = number


class Reader:
    """Reads one value after another."""

    def __init__(self, content: bytes, at: int = 0) -> None:
        self._content = content
        self.at = at

    def read(self, kind: int = STRUCT) -> Any:
        """The next value."""
        if kind in {TRUE, FALSE}:
            return kind
        if kind in {I16, I32, I64}:
            number = self._varint()
            return number >> 1 ^ -(number & 1)
        if kind == TEXT:
            length = self._varint()
            self.at += length
            return self._content[self.at - length : self.at]
        return self._list() if kind == LIST else self._struct()

    def _list(self) -> Items:
        head = self._byte()
        length = self._varint() if head >> 4 == 15 else head >> 4
        return Items(head & 15, [self.read(head & 15) for _ in range(length)])

    def _struct(self) -> Struct:
        struct, number = Struct(), 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self.read(I16)
            struct.put(number, self.read(head & 15), head & 15)
        return struct

    def _varint(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
            shift += 7

    def _byte(self) -> int:
        self.at += 1
        return self._content[self.at - 1]
