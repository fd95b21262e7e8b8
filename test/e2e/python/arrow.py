"""Copies the files of a directory with PyArrow: arrow.py FROM_FORMAT FROM_DIRECTORY TO_FORMAT TO_FILE OPTIONS(JSON, of the writer)."""
import glob
import json
import sys

import pyarrow
import pyarrow.orc
import pyarrow.parquet

source, directory, target, path, options = sys.argv[1:]
read = {"orc": lambda p: pyarrow.orc.ORCFile(p).read(), "parquet": pyarrow.parquet.read_table}[source]
table = pyarrow.concat_tables(read(p) for p in sorted(glob.glob(directory + "/*")))
write = {"orc": pyarrow.orc.write_table, "parquet": pyarrow.parquet.write_table}[target]
write(table, path, **json.loads(options))
