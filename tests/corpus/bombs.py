"""Files, and queries, that would take more memory or time than there is."""

from functions.feature_pipeline.adapters.parquet_footer import DamagedObjectError, OverLimitError
from tests.corpus import parquet
from tests.corpus.parquet import Make, changed, column, group, lying_footer, lying_page, query
from tests.corpus.specimen import Specimen
from tests.corpus.thrift import I32, LIST, STRUCT, Items, Struct

HUGE = 2**31 - 1
MANY = 100_000_000


def _claimed_list(items: Items, claimed: int) -> Items:
    return Items(items.kind, items.entries, claimed)


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


six_gigabytes = parquet.dictionary(*(letter * 60_000 for letter in (b"x", b"y", b"z")), rows=100_000)

BOMBS = (
    Specimen("dictionary of 3 texts stands for 6 GB that the SQL wants one by one", six_gigabytes),
    Specimen(
        "dictionary of 3 texts stands for 6 GB that the SQL wants at once",
        six_gigabytes,
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
        "a page claims 100,000,000 values",
        lying_page(lambda head: head[parquet.DICTIONARY_PAGE].put(parquet.PAGE_VALUES, MANY)),
        DamagedObjectError,
        "not readable as parquet: Out of buffer: write it again",
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
    Specimen(
        "a query without end",
        parquet.good,
        OverLimitError,
        r"took longer than max_seconds of data set transactions \(0.2\): split the object, or raise the limit",
        sql="SELECT sum(hash(a, b)) AS n FROM source, range(40000) x(a), range(40000) y(b)",
        limits={"max_seconds": 0.2},
    ),
)
