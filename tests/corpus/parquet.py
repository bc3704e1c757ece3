"""Parquet files that DuckDB writes and a test then changes; the column is `t`."""

import struct
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.corpus.thrift import I32, I64, LIST, STRUCT, TEXT, Items, Reader, Struct, varint, written, zigzag

Make = Callable[[Path], None]
"""Writes a file."""

ROWS = 300
MARK = b"PAR1"

# Fields of parquet's structures.
SCHEMA, FILE_ROWS, GROUPS = 2, 3, 4
REPETITION, NAME, CHILDREN = 3, 4, 5
CHUNKS, GROUP_ROWS = 1, 3
CHUNK_FILE, CHUNK_COLUMN = 1, 3
ENCODINGS, PATH, CODEC, VALUES, BYTES, COMPRESSED_BYTES, DATA_PAGE_AT = 2, 3, 4, 5, 6, 7, 9
STATISTICS, BLOOM_FILTER_AT = 12, 14
PAGE_BYTES, PAGE_BYTES_IN_FILE, DATA_PAGE, DICTIONARY_PAGE, PAGE_VALUES = 2, 3, 5, 7, 1
DELTA_BYTE_ARRAY = 7


def query(sql: str, options: str = "") -> Make:
    """A file of these rows."""

    def make(path: Path) -> None:
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet{options})")

    return make


good = query(f"SELECT 'value ' || i % 3 AS t FROM range({ROWS}) r(i)")
plain = query(f"SELECT 'value ' || i AS t FROM range({ROWS}) r(i)", ", COMPRESSION uncompressed")


def content(data: bytes) -> Make:
    """A file of these bytes."""

    def make(path: Path) -> None:
        path.write_bytes(data)

    return make


def changed(change: Callable[[bytes], bytes], base: Make = good) -> Make:
    """A file with other bytes than it was written with."""

    def make(path: Path) -> None:
        base(path)
        path.write_bytes(change(path.read_bytes()))

    return make


def flipped(data: bytes, at: int) -> bytes:
    """The same bytes with all bits of one of them turned."""
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def footer_at(data: bytes) -> int:
    """Where the footer begins."""
    return len(data) - 8 - int.from_bytes(data[-8:-4], "little")


def with_footer(pages: bytes, footer: bytes) -> bytes:
    """A whole file of its pages (with the mark before them) and its footer."""
    return pages + footer + len(footer).to_bytes(4, "little") + MARK


def lying_footer(change: Callable[[Struct], object], base: Make = good) -> Make:
    """A file with a changed footer."""

    def change_bytes(data: bytes) -> bytes:
        start = footer_at(data)
        changing = Reader(data, start).read()
        change(changing)
        return with_footer(data[:start], written(changing))

    return changed(change_bytes, base)


def lying_page(change: Callable[[Struct], object], base: Make = good) -> Make:
    """A file with a changed header of its first page, which has the dictionary."""

    def lie(head: Struct, data: bytes) -> bytes:
        change(head)
        return data

    return _first_page(lie, base)


def dictionary(*texts: bytes, rows: int) -> Make:
    """Rows of these texts, as many of one as of the other; each is in the file once."""

    def exchange(head: Struct, _: bytes) -> bytes:
        data = b"".join(struct.pack("<I", len(text)) + text for text in texts)
        head.put(PAGE_BYTES, len(data)).put(PAGE_BYTES_IN_FILE, len(data))
        return data

    rows_of_short_texts = f"SELECT 'value ' || i % {len(texts)} AS t FROM range({rows}) r(i)"
    return _first_page(exchange, query(rows_of_short_texts, f", COMPRESSION uncompressed, ROW_GROUP_SIZE {rows}"))


def _first_page(change: Callable[[Struct, bytes], bytes], base: Make) -> Make:
    def change_bytes(data: bytes) -> bytes:
        reader = Reader(data, len(MARK))
        head = reader.read()
        end = reader.at + head[PAGE_BYTES_IN_FILE]
        page = change(head, data[reader.at : end])
        start, page = footer_at(data), written(head) + page
        footer, longer = Reader(data, start).read(), len(page) - (end - len(MARK))
        facts = column(footer)
        facts.put(COMPRESSED_BYTES, facts[COMPRESSED_BYTES] + longer).put(DATA_PAGE_AT, facts[DATA_PAGE_AT] + longer)
        for number in (STATISTICS, BLOOM_FILTER_AT):
            facts.values.pop(number, None)
        return with_footer(MARK + page + data[end:start], written(footer))

    return changed(change_bytes, base)


def group(footer: Struct) -> Struct:
    """The first row group."""
    first: Struct = footer[GROUPS].entries[0]
    return first


def chunk(footer: Struct) -> Struct:
    """The first column chunk."""
    first: Struct = group(footer)[CHUNKS].entries[0]
    return first


def column(footer: Struct) -> Struct:
    """What the footer says of the first column chunk."""
    facts: Struct = chunk(footer)[CHUNK_COLUMN]
    return facts


def renamed(*names: bytes) -> Make:
    """Columns of texts with names that SQL cannot give them."""

    def rename(footer: Struct) -> None:
        for place, name in enumerate(names):
            footer[SCHEMA].entries[place + 1].put(NAME, name)
            group(footer)[CHUNKS].entries[place][CHUNK_COLUMN].put(PATH, Items(TEXT, [name]))

    return lying_footer(rename, query("SELECT " + ", ".join(f"'x' AS c{place}" for place in range(len(names)))))


def nested(depth: int) -> Make:
    """A column that is a structure in a structure in a structure."""

    def nest(footer: Struct) -> None:
        root, leaf = footer[SCHEMA].entries
        footer[SCHEMA].entries = [root, *[Struct().put(NAME, b"t", TEXT).put(CHILDREN, 1, I32)] * depth, leaf]

    return lying_footer(nest)


def growing_texts(count: int) -> Make:
    """One page of texts, each a byte longer than the one before it, which it names as its beginning."""
    beginnings, rests = _deltas(0, 1, count), _deltas(1, 0, count)
    data = beginnings + rests + b"x" * count
    values = Struct().put(PAGE_VALUES, count, I32).put(2, DELTA_BYTE_ARRAY, I32).put(3, 3, I32).put(4, 3, I32)
    head = Struct().put(1, 0, I32).put(PAGE_BYTES, len(data), I32).put(3, len(data), I32)
    pages = MARK + written(head.put(DATA_PAGE, values, STRUCT)) + data

    def change_bytes(data: bytes) -> bytes:
        footer = Reader(data, footer_at(data)).read()
        footer.put(FILE_ROWS, count)[SCHEMA].entries[1].put(REPETITION, 0)
        group(footer).put(GROUP_ROWS, count)
        facts = Struct().put(1, column(footer)[1], I32).put(ENCODINGS, Items(I32, [DELTA_BYTE_ARRAY]), LIST)
        facts.put(PATH, Items(TEXT, [b"t"]), LIST).put(CODEC, 0, I32).put(VALUES, count, I64)
        facts.put(BYTES, len(pages), I64).put(COMPRESSED_BYTES, len(pages) - len(MARK), I64)
        chunk(footer).put(CHUNK_COLUMN, facts.put(DATA_PAGE_AT, len(MARK), I64))
        return with_footer(pages, written(footer))

    return changed(change_bytes)


def _deltas(first: int, step: int, count: int) -> bytes:
    """Numbers with equal steps between them, in parquet's DELTA_BINARY_PACKED: one block that needs no bits."""
    block = (count + 127) // 128 * 128
    return varint(block) + varint(4) + varint(count) + zigzag(first) + zigzag(step) + bytes(4)
