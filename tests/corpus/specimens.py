"""The corpus: what hostile, broken or careless producers may upload, and how each of it is refused."""

import io
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.feature_pipeline.adapters.duckdb_features import ColumnsDifferError, QueryFailedError
from functions.feature_pipeline.adapters.parquet_footer import DamagedObjectError, OverLimitError
from functions.shared.errors import PermanentError
from tests.corpus import parquet
from tests.corpus.parquet import Make, changed, chunk, column, content, group, lying_footer, lying_page, query, renamed
from tests.corpus.thrift import I32, LIST, STRUCT, TEXT, Items, Struct

HUGE = 2**31 - 1
MANY = 100_000_000


@dataclass(frozen=True)
class Specimen:
    """A file, the data set that wants it, and its refusal."""

    name: str
    make: Make
    error: type[PermanentError]
    says: str
    """Pattern of the message."""
    sql: str = "SELECT max(t) AS t FROM source"
    columns: Mapping[str, str] = field(default_factory=lambda: {"t": "VARCHAR"})
    limits: Mapping[str, Any] = field(default_factory=dict)
    most_megabytes: float = 150
    """More than this it must not take."""


def _claimed_list(items: Items, claimed: int) -> Items:
    return Items(items.kind, items.entries, claimed)


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("part-000.parquet", "t\n1\n")
    return packed.getvalue()


def _nested(depth: int) -> bytes:
    """The beginning of a footer whose first unknown field is a structure in a structure in a structure."""
    return b"\xfc" * depth + b"\x00" * (depth + 1)


def _hidden_claim(footer: Struct) -> None:
    """A list of numbers where the format has structures: DuckDB reads structures, and what follows differently."""
    footer.put(parquet.GROUPS, Items(I32, [0] * 12 + [MANY]))


def _claim_in_a_field_of_a_number_over_16_bits(footer: Struct) -> None:
    """DuckDB keeps 16 bits of a field's number: 65,540 is 4 to it, the row groups."""
    footer.put(2**16 + parquet.GROUPS, Items(STRUCT, [], MANY), LIST)


def _many_groups(count: int) -> Make:
    # Each is as small as it can be on disk; DuckDB takes a hundred bytes for it.
    return lying_footer(lambda footer: footer.put(parquet.GROUPS, Items(STRUCT, [Struct()] * count)))


def _every_count(footer: Struct, rows: int) -> None:
    footer.put(parquet.FILE_ROWS, rows)
    group(footer).put(parquet.GROUP_ROWS, rows)
    column(footer).put(parquet.VALUES, rows)


BOMBS = (
    Specimen(
        "dictionary of 3 texts stands for 6 GB that the SQL wants at once",
        parquet.dictionary(*(letter * 60_000 for letter in (b"x", b"y", b"z")), rows=100_000),
        OverLimitError,
        r"failed to (allocate|pin).* \(.* used\): split the object, or give the function more memory_mb",
        sql="SELECT string_agg(t, '') AS t FROM source",
    ),
    Specimen(
        "each text begins with the one before it: 65 KB stand for 2 GB",
        parquet.growing_texts(65_000),
        OverLimitError,
        r"failed to allocate .* used\): split the object, or give the function more memory_mb",
    ),
    Specimen(
        "one text of 120 MB",
        query("SELECT repeat('x', 120000000) AS t", ", COMPRESSION zstd"),
        OverLimitError,
        r"failed to allocate .* used\): split the object, or give the function more memory_mb",
    ),
    Specimen(
        "one binary value of 120 MB",
        query("SELECT repeat('x', 120000000)::BLOB AS t", ", COMPRESSION zstd"),
        OverLimitError,
        r"failed to allocate .* used\): split the object, or give the function more memory_mb",
        columns={"t": "BLOB"},
    ),
    Specimen(
        "a page claims 2 GB",
        lying_page(lambda head: head.put(parquet.PAGE_BYTES, HUGE)),
        OverLimitError,
        r"failed to allocate data of size 2\.0 GiB",
    ),
    Specimen(
        "a page claims 2,147,483,647 values",
        lying_page(lambda head: head[parquet.DICTIONARY_PAGE].put(parquet.PAGE_VALUES, HUGE)),
        DamagedObjectError,
        "not readable as parquet: Out of buffer: write it again",
        # A bit a value, outside DuckDB's limit; it cannot claim more, and is refused before the next column is read.
        most_megabytes=300,
    ),
    Specimen(
        "footer claims 100,000,000 columns",
        lying_footer(lambda f: f.put(parquet.SCHEMA, _claimed_list(f[parquet.SCHEMA], MANY))),
        DamagedObjectError,
        r"its footer claims a list of 100000000 entries in \d+ bytes: write it again",
    ),
    Specimen(
        "footer claims 100,000,000 row groups",
        lying_footer(lambda f: f.put(parquet.GROUPS, _claimed_list(f[parquet.GROUPS], MANY))),
        DamagedObjectError,
        r"its footer claims a list of 100000000 entries in \d+ bytes: write it again",
    ),
    Specimen(
        "footer claims 1,000,000 column chunks",
        lying_footer(lambda f: group(f).put(parquet.CHUNKS, _claimed_list(group(f)[parquet.CHUNKS], 1_000_000))),
        DamagedObjectError,
        r"its footer claims a list of 1000000 entries in \d+ bytes: write it again",
    ),
    Specimen(
        "footer claims 2,147,483,647 encodings",
        lying_footer(lambda f: column(f).put(parquet.ENCODINGS, _claimed_list(column(f)[parquet.ENCODINGS], HUGE))),
        DamagedObjectError,
        r"its footer claims a list of 2147483647 entries in \d+ bytes: write it again",
    ),
    Specimen(
        "footer hides a claim in a list of another type",
        lying_footer(_hidden_claim),
        DamagedObjectError,
        "its footer has a list of type 5 in place of type 12: write it again",
    ),
    Specimen(
        "footer hides a claim in a field whose number DuckDB cuts short",
        lying_footer(_claim_in_a_field_of_a_number_over_16_bits),
        DamagedObjectError,
        "its footer has a field 65540, outside 1 to 32767: write it again",
    ),
    Specimen(
        "footer with 300,000 row groups of a byte",
        _many_groups(300_000),
        OverLimitError,
        r"its footer claims lists that take 22\d+ bytes of memory, over 25000000: write fewer columns and row groups",
    ),
    Specimen(
        "footer of 9 MB",
        changed(lambda data: parquet.with_footer(data[: parquet.footer_at(data)], bytes(9_000_000))),
        OverLimitError,
        "its footer has 9000000 bytes, over 8388608: write fewer columns and row groups",
    ),
    Specimen(
        "footer nested 1,000,000 levels deep",
        changed(lambda data: parquet.with_footer(data[: parquet.footer_at(data)], _nested(1_000_000))),
        DamagedObjectError,
        "its footer is nested over 32 levels deep: write it again",
    ),
    Specimen(
        "column nested 600 levels deep",
        parquet.nested(600),
        DamagedObjectError,
        "nested more than 500 levels deep: write it again",
    ),
    Specimen(
        "a query that needs more memory than there is",
        parquet.good,
        OverLimitError,
        r"failed to (allocate|pin).* used\): split the object, or give the function more memory_mb",
        sql="SELECT list(i || t) AS l FROM source, range(20000000) r(i)",
    ),
)

SHAPES = (
    Specimen(
        "a row too many",
        query("SELECT 'x' AS t FROM range(10000001)"),
        OverLimitError,
        r"has 10000001 rows, over max_rows of data set transactions \(10000000\): split the object, or raise the limit",
    ),
    Specimen(
        "a column too many",
        query("SELECT 'x' AS t, " + ", ".join(f"1 AS c{place}" for place in range(500))),
        OverLimitError,
        r"has 501 columns, over max_columns of data set transactions \(500\): split the object, or raise the limit",
    ),
    Specimen(
        "a row group too many",
        query("SELECT 'x' AS t FROM range(22528)", ", ROW_GROUP_SIZE 2048"),
        OverLimitError,
        r"has 11 row_groups, over max_row_groups of data set transactions \(10\): split the object, or raise the limit",
        limits={"max_row_groups": 10},
    ),
    Specimen(
        "a text a byte too long",
        query("SELECT repeat('x', 65537) AS t"),
        OverLimitError,
        r"has a value of 65537 bytes, over max_value_bytes of data set transactions \(65536\): shorten it, or raise",
    ),
    Specimen(
        "a text too long in bytes, not in characters",
        query("SELECT repeat('é', 33000) AS t"),
        OverLimitError,
        "has a value of 66000 bytes, over max_value_bytes",
    ),
    Specimen(
        "a binary value a byte too long",
        query("SELECT repeat('x', 65537)::BLOB AS t"),
        OverLimitError,
        "has a value of 65537 bytes, over max_value_bytes",
        columns={"t": "BLOB"},
    ),
    Specimen("column missing", query("SELECT 'x' AS u"), ColumnsDifferError, "data set: t VARCHAR is missing$"),
    Specimen("name in another case", query("SELECT 'x' AS T"), ColumnsDifferError, "data set: t VARCHAR is missing$"),
    Specimen(
        "other type",
        query("SELECT 1 AS t"),
        ColumnsDifferError,
        "data set: t is INTEGER instead of VARCHAR$",
    ),
    Specimen(
        "structure in place of a column",
        query("SELECT {'t': 'x'} AS t"),
        ColumnsDifferError,
        r"data set: t is STRUCT\(t VARCHAR\) instead of VARCHAR$",
    ),
    Specimen(
        "list in place of a column",
        query("SELECT ['x'] AS t"),
        ColumnsDifferError,
        r"data set: t is VARCHAR\[\] instead of VARCHAR$",
    ),
    Specimen(
        "structure with a long description",
        query("SELECT {" + ", ".join(f"'field_{place}': 1" for place in range(1_000)) + "} AS t"),
        ColumnsDifferError,
        r"^.{,250}$",
    ),
    Specimen(
        "names that differ by case alone",
        renamed(b"t", b"T"),
        ColumnsDifferError,
        "data set: what DuckDB calls T_1 has no name of its own$",
    ),
    Specimen(
        "the same name twice",
        renamed(b"t", b"t"),
        ColumnsDifferError,
        "data set: what DuckDB calls t_1 has no name of its own$",
    ),
    Specimen(
        "name that is no text",
        renamed(b"t", b"\xff\xfe"),
        DamagedObjectError,
        "not readable as parquet: .*unicode.*: write it again",
    ),
    Specimen(
        "name of what DuckDB knows of every file",
        query("SELECT 'x' AS t"),
        ColumnsDifferError,
        "data set: filename VARCHAR is missing$",
        columns={"t": "VARCHAR", "filename": "VARCHAR"},
    ),
)

DAMAGE = (
    Specimen("nothing at all", content(b""), DamagedObjectError, "ends in b'' instead of b'PAR1'"),
    Specimen(
        "text", content(b"t\nvalue\n" * 9), DamagedObjectError, r"ends in b'lue\\n' instead of b'PAR1': it is not"
    ),
    Specimen("archive", content(_zip()), DamagedObjectError, r"ends in b'\\x00.*' instead of b'PAR1': it is not"),
    Specimen(
        "marks alone", content(b"PAR1PAR1"), DamagedObjectError, "its footer claims 827474256 bytes of the object's 8"
    ),
    Specimen(
        "encrypted",
        changed(lambda data: data[:-4] + b"PARE"),
        DamagedObjectError,
        "ends in b'PARE' instead of b'PAR1'",
    ),
    Specimen(
        "cut in half",
        changed(lambda data: data[: len(data) // 2]),
        DamagedObjectError,
        "instead of b'PAR1': it is not parquet, or was cut off; write it again",
    ),
    Specimen(
        "beginning is missing",
        changed(lambda data: data[4:]),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
    Specimen(
        "footer longer than the file",
        changed(lambda data: data[:-8] + struct.pack("<I", len(data)) + data[-4:]),
        DamagedObjectError,
        r"its footer claims \d+ bytes of the object's \d+: write it again",
    ),
    Specimen(
        "footer of no bytes",
        changed(lambda data: data[:-8] + bytes(4) + data[-4:]),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
    Specimen(
        "footer of other bytes",
        changed(
            lambda data: (
                data[: parquet.footer_at(data)]
                + bytes(b ^ 0xFF for b in data[parquet.footer_at(data) : -8])
                + data[-8:]
            )
        ),
        DamagedObjectError,
        "its footer ",
    ),
    Specimen(
        "footer ends in the middle of a text",
        changed(lambda data: parquet.with_footer(data[: parquet.footer_at(data)], data[parquet.footer_at(data) : -40])),
        DamagedObjectError,
        r"its footer breaks off after \d+ bytes: write it again",
    ),
    Specimen(
        "page of other bytes",
        changed(lambda data: data[:20] + bytes(b ^ 0xFF for b in data[20:40]) + data[40:], parquet.plain),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
    Specimen(
        "compressed page of other bytes",
        changed(
            lambda data: data[:60] + bytes(b ^ 0xFF for b in data[60:80]) + data[80:],
            query("SELECT hash(i)::VARCHAR AS t FROM range(1000) r(i)", ", COMPRESSION zstd"),
        ),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
    Specimen(
        "text that is no UTF-8",
        changed(lambda data: data.replace(b"value 5", b"value \xff"), parquet.plain),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
    Specimen(
        "column in another file",
        lying_footer(lambda f: chunk(f).put(parquet.CHUNK_FILE, b"/etc/passwd", TEXT)),
        DamagedObjectError,
        "not readable as parquet: .*no references.*: write it again",
    ),
    Specimen(
        "page beyond the end",
        lying_footer(lambda f: column(f).put(parquet.COMPRESSED_BYTES, 10**12)),
        DamagedObjectError,
        "not readable as parquet: .*outside file.*: write it again",
    ),
    Specimen(
        "fewer rows in the file than in its row groups",
        lying_footer(lambda f: f.put(parquet.FILE_ROWS, 1)),
        DamagedObjectError,
        "its footer claims 1 rows and its row groups hold 300: write it again",
    ),
    Specimen(
        "more rows in the file than in its row groups",
        lying_footer(lambda f: f.put(parquet.FILE_ROWS, 301)),
        DamagedObjectError,
        "its footer claims 301 rows and its row groups hold 300: write it again",
    ),
    Specimen(
        "10**12 rows, says the file",
        lying_footer(lambda f: f.put(parquet.FILE_ROWS, 10**12)),
        OverLimitError,
        "has 1000000000000 rows, over max_rows",
    ),
    Specimen(
        "10**12 rows, says the row group",
        lying_footer(lambda f: group(f).put(parquet.GROUP_ROWS, 10**12)),
        DamagedObjectError,
        "not readable as parquet: .*Column has 300 values but row group has 1000000000000 rows",
    ),
    Specimen(
        "1,000,000 rows, says every part of the footer",
        lying_footer(lambda f: _every_count(f, 1_000_000)),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
    Specimen(
        "twice the rows, says every part of the footer, and the SQL only counts",
        lying_footer(lambda f: _every_count(f, 600)),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
        sql="SELECT count(*) AS n FROM source",
    ),
    Specimen(
        "-1 rows",
        lying_footer(lambda f: f.put(parquet.FILE_ROWS, -1)),
        DamagedObjectError,
        "not readable as parquet: .*negative number of rows: write it again",
    ),
    Specimen(
        "-1 bytes, on which DuckDB fails within",
        lying_footer(lambda f: column(f).put(parquet.COMPRESSED_BYTES, -1)),
        DamagedObjectError,
        "not readable as parquet: .*: write it again",
    ),
)

QUERIES = (
    Specimen(
        "a query without end",
        parquet.good,
        OverLimitError,
        r"took longer than max_seconds of data set transactions \(0.2\): split the object, or raise the limit",
        sql="SELECT sum(hash(a, b)) AS n FROM source, range(1000000) x(a), range(1000000) y(b)",
        limits={"max_seconds": 0.2},
    ),
    Specimen(
        "a query that fails on its data",
        parquet.good,
        QueryFailedError,
        "features/transactions.sql failed: Conversion Error: .*'value 0'",
        sql="SELECT t::INTEGER AS t FROM source",
    ),
)

ALL = BOMBS + SHAPES + DAMAGE + QUERIES
