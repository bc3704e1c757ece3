"""Damaged and hostile parquet files, made when a test asks for them.

| file | what |
|---|---|
| thrift.py | the encoding of footers and page headers, so that they can be made to lie |
| parquet.py | files written by DuckDB, then patched |
| bombs.py, damage.py, shapes.py | the corpus, by what is wrong with it |
| specimen.py | what each of its files is described by |
| names.py | hostile keys and column names |
| measure.py | what one file costs a process of its own |
"""
