"""Files that are parquet, and neither of the shape nor of the size that a data set allows."""

from functions.feature_pipeline.adapters.duckdb_features import ColumnsDifferError
from functions.feature_pipeline.adapters.parquet_footer import DamagedObjectError, OverLimitError
from tests.corpus.parquet import query, renamed
from tests.corpus.specimen import Specimen

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
