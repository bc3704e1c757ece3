"""Damaged and hostile parquet files, made when a test asks for them.

| file | what |
|---|---|
| thrift.py | the encoding of footers and page headers, so that they can be made to lie |
| parquet.py | files written by DuckDB, then patched |
| specimens.py | the corpus |
| measure.py | what one file costs a process of its own |
"""
