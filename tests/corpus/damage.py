"""Files that are broken, or say of themselves what is not so."""

import io
import struct
import zipfile

from functions.feature_pipeline.adapters.parquet_footer import DamagedObjectError, OverLimitError
from tests.corpus import parquet
from tests.corpus.parquet import changed, chunk, column, content, group, lying_footer, query
from tests.corpus.specimen import Specimen
from tests.corpus.thrift import TEXT, Struct


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("part-000.parquet", "t\n1\n")
    return packed.getvalue()


def _every_count(footer: Struct, rows: int) -> None:
    footer.put(parquet.FILE_ROWS, rows)
    group(footer).put(parquet.GROUP_ROWS, rows)
    column(footer).put(parquet.VALUES, rows)


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
