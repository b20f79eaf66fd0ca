"""Says what is in files, by readers that share no code with Tidemark's: the csv module of Python, and pyarrow.

Reads a list of files as JSON ({"path", "encoding"?, "delimiter"?}) from standard input, and writes one line of JSON a file:
{"names", "rows"}, or {"error"}. A CSV value is a text. A Parquet value is null or one of
{"b": bool} {"i": integer} {"f": double} {"n": decimal} {"s": text} {"x": bytes in hex} {"day": days since 1970}
{"json": text} {"at": integer, "unit", "zone"} {"time": integer, "unit"} {"list": values} {"struct": [[name, value]]} {"map": [[key, value]]};
integers, decimals and doubles are texts, so that no reader of JSON rounds them.
"""

import csv
import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
from variant import variant

csv.field_size_limit(1 << 27)


def delimited(path, encoding="utf-8-sig", delimiter=","):
    with open(path, encoding=encoding, newline="") as file:
        names, *rows = csv.reader(file, delimiter=delimiter)
        return {"names": names, "rows": rows}


def texts(array):
    return [None if value is None else str(value) for value in array.to_pylist()]


def tagged(tag, values, **more):
    return [None if value is None else {tag: value, **more} for value in values]


def account(array):
    kind = array.type
    if pa.types.is_dictionary(kind):
        return account(array.dictionary_decode())
    if isinstance(kind, pa.UuidType):
        return tagged("s", texts(array))
    if isinstance(kind, pa.JsonType):
        return tagged("json", array.storage.to_pylist())
    if isinstance(kind, pa.BaseExtensionType):
        return account(array.storage)
    if pa.types.is_boolean(kind):
        return tagged("b", array.to_pylist())
    if pa.types.is_integer(kind):
        return tagged("i", texts(array))
    if pa.types.is_duration(kind):
        return tagged("i", texts(array.cast(pa.int64())))
    if pa.types.is_floating(kind):
        return tagged("f", texts(array.cast(pa.float64())))
    if pa.types.is_decimal(kind):
        return tagged("n", [None if value is None else format(value, "f") for value in array.to_pylist()])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return tagged("s", array.to_pylist())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return tagged("x", [None if value is None else value.hex() for value in array.to_pylist()])
    if pa.types.is_date(kind):
        return tagged("day", texts(array.cast(pa.date32()).cast(pa.int32())))
    if pa.types.is_timestamp(kind):
        return tagged("at", texts(array.cast(pa.int64())), unit=kind.unit, zone=kind.tz is not None)
    if pa.types.is_time(kind):
        plain = pa.int32() if pa.types.is_time32(kind) else pa.int64()
        return tagged("time", texts(array.cast(plain)), unit=kind.unit)
    if pa.types.is_struct(kind):
        fields = [(kind.field(at).name, account(array.field(at))) for at in range(kind.num_fields)]
        structs = [
            {"struct": [[name, values[at]] for name, values in fields]} if is_valid else None
            for at, is_valid in enumerate(array.is_valid().to_pylist())
        ]
        return [variant(one) for one in structs] if is_variant(kind) else structs
    if pa.types.is_map(kind):
        pairs = [list(pair) for pair in zip(account(array.keys), account(array.items))]
        return spans("map", array, pairs)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return spans("list", array, account(array.values))
    if pa.types.is_fixed_size_list(kind):
        size = kind.list_size
        values = account(array.values)
        return [
            {"list": values[(array.offset + at) * size : (array.offset + at + 1) * size]} if is_valid else None
            for at, is_valid in enumerate(array.is_valid().to_pylist())
        ]
    if pa.types.is_null(kind):
        return [None] * len(array)
    raise TypeError(f"no account of {kind}")


def is_variant(kind):
    names = {kind.field(at).name for at in range(kind.num_fields)}
    return "metadata" in names and names <= {"metadata", "value", "typed_value"}


def spans(tag, array, values):
    ends = array.offsets.to_pylist()
    return [
        {tag: values[ends[at] : ends[at + 1]]} if is_valid else None
        for at, is_valid in enumerate(array.is_valid().to_pylist())
    ]


def parquet(path):
    table = pq.ParquetFile(path, page_checksum_verification=True, coerce_int96_timestamp_unit="us").read()
    columns = [[value for chunk in column.chunks for value in account(chunk)] for column in table.columns]
    return {"names": table.column_names, "rows": list(zip(*columns)) if columns else [[]] * table.num_rows}


for one in json.load(sys.stdin):
    try:
        answer = parquet(one["path"]) if one["path"].endswith((".parquet", ".pq")) else delimited(**one)
    except Exception as problem:
        answer = {"error": f"{type(problem).__name__}: {problem}"}
    print(json.dumps(answer, ensure_ascii=True))
