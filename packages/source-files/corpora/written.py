"""Writes Parquet files of every type and way of writing that pyarrow has into the folder of the first argument."""

import sys
from decimal import Decimal, getcontext
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from variant_bytes import NAMES, VALUES, fields, metadata, short

FOLDER = Path(sys.argv[1])
getcontext().prec = 100

NUMBERS = {
    "int8": [-128, 0, 127],
    "int16": [-(2**15), 2**15 - 1],
    "int32": [-(2**31), 2**31 - 1],
    "int64": [-(2**63), -(2**53) - 1, -(2**53), 2**53, 2**53 + 1, 2**63 - 1],
    "uint8": [0, 255],
    "uint16": [0, 2**16 - 1],
    "uint32": [0, 2**31, 2**32 - 1],
    "uint64": [0, 2**53 + 1, 2**63, 2**64 - 1],
    "float": [0.0, 0.1, 3.4e38, 1e-45, float("nan"), float("inf"), float("-inf")],
    "double": [0.0, 0.1, 1 / 3, 5e-324, 1.7976931348623157e308, float("nan"), float("inf"), float("-inf")],
}
DAYS = [-719528, -1, 0, 1, 19782, 2932896]
SECONDS = [-62167219200, -62135596800, -11644473600, -1, 0, 1, 951826800, 253402300799]


def instants(unit, zone):
    scale = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[unit]
    counts = [second * scale + more for second in SECONDS for more in (0, scale - 1)]
    return pa.array([one for one in counts if -(2**63) < one < 2**63], pa.int64()).cast(pa.timestamp(unit, zone))


def decimals(kind, digits, scale):
    top = Decimal(10**digits - 1).scaleb(-scale)
    return pa.array([Decimal(0).scaleb(-scale), top, -top, Decimal(1).scaleb(-scale), Decimal(-1).scaleb(-scale)], kind)


COLUMNS = {
    "boolean": pa.array([True, False]),
    **{kind: pa.array(values, pa.type_for_alias(kind)) for kind, values in NUMBERS.items()},
    "half": pa.array([0.5, -65504.0, float("inf")], pa.float16()),
    "text": pa.array(["", "a", "Zoë 😀", "x" * 12, "y" * 13, "z" * 5000, "NULL", "line\nline", '"q"']),
    "large_text": pa.array(["", "b", "ü" * 300], pa.large_string()),
    "binary": pa.array([b"", b"\x00\xff", b"k" * 1000], pa.binary()),
    "fixed": pa.array([b"\x00\x01\x02", b"abc"], pa.binary(3)),
    "day": pa.array(DAYS, pa.int32()).cast(pa.date32()),
    "day64": pa.array([day * 86_400_000 for day in DAYS], pa.int64()).cast(pa.date64()),
    **{f"at_{unit}": instants(unit, None) for unit in ("s", "ms", "us", "ns")},
    **{f"at_{unit}_zone": instants(unit, "Europe/Berlin") for unit in ("s", "ms", "us", "ns")},
    "time_s": pa.array([0, 86399], pa.int32()).cast(pa.time32("s")),
    "time_ms": pa.array([0, 1, 86399999], pa.int32()).cast(pa.time32("ms")),
    "time_us": pa.array([0, 1, 86399999999], pa.int64()).cast(pa.time64("us")),
    "time_ns": pa.array([0, 1000, 86399999999000], pa.int64()).cast(pa.time64("ns")),
    "duration": pa.array([-1, 0, 2**53 + 1], pa.duration("us")),
    **{f"decimal32_{p}_{s}": decimals(pa.decimal32(p, s), p, s) for p, s in ((1, 0), (9, 4), (9, 9))},
    **{f"decimal64_{p}_{s}": decimals(pa.decimal64(p, s), p, s) for p, s in ((10, 0), (18, 2), (18, 18))},
    **{f"decimal128_{p}_{s}": decimals(pa.decimal128(p, s), p, s) for p, s in ((4, 2), (19, 0), (28, 9), (38, 0), (38, 38))},
    **{f"decimal256_{p}_{s}": decimals(pa.decimal256(p, s), p, s) for p, s in ((10, 2), (39, 0), (50, 10), (76, 0), (76, 38), (76, 76))},
    "list": pa.array([[1, None, 2], [], [2**53 + 1]], pa.list_(pa.int64())),
    "large_list": pa.array([["a", None], []], pa.large_list(pa.string())),
    "list_of_lists": pa.array([[[1], [], None], []], pa.list_(pa.list_(pa.int32()))),
    "fixed_list": pa.array([[1, 2], [3, 4]], pa.list_(pa.int16(), 2)),
    "struct": pa.array([{"a": 1, "b": "x"}, {"a": None, "b": ""}], pa.struct([("a", pa.int64()), ("b", pa.string())])),
    "map": pa.array([[("k", 1), ("l", None)], []], pa.map_(pa.string(), pa.int64())),
    "list_of_structs": pa.array([[{"d": Decimal("1.10"), "t": True}], []], pa.list_(pa.struct([("d", pa.decimal128(20, 2)), ("t", pa.bool_())]))),
    "struct_of_numbers": pa.array([{"u": 2**64 - 1, "f": float("nan")}, {"u": 0, "f": 0.1}], pa.struct([("u", pa.uint64()), ("f", pa.float64())])),
    "dictionary": pa.array(["a", "b", "a"]).dictionary_encode(),
    "nothing": pa.nulls(2),
}

WAYS = [
    {"version": version, "data_page_version": page, "compression": compression, "use_dictionary": dictionary}
    for version, page, compression, dictionary in product(
        ("1.0", "2.4", "2.6"), ("1.0", "2.0"), ("none", "snappy", "gzip", "brotli", "lz4", "zstd"), (True, False)
    )
]


def filled(column, count=1200):
    """The values over and over, with NULLs between them, over more than one page and group."""
    values = pa.concat_arrays([column, pa.nulls(2, column.type)])
    return values.take(pa.array([at % len(values) for at in range(count)]))


def write(name, table, **way):
    path = FOLDER / f"{name}.parquet"
    try:
        pq.write_table(table, path, row_group_size=500, data_page_size=1024, write_page_checksum=True, **way)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        # Some types cannot be written in some ways: old versions have no nanoseconds before 1970 to a multiple of 1,000.
        path.unlink(missing_ok=True)


for name, column in COLUMNS.items():
    table = pa.table({"v": filled(column)})
    for at, way in enumerate(WAYS if name in ("int64", "text", "double", "boolean") else WAYS[::13]):
        write(f"{name}-{at}", table, **way)

WIDE_TABLE = pa.table({"i": filled(COLUMNS["int64"]), "s": filled(COLUMNS["text"].cast(pa.string())), "b": filled(COLUMNS["boolean"])})
for encoding in ("DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "PLAIN"):
    write(f"encoding-i-{encoding}", WIDE_TABLE.select(["i"]), use_dictionary=False, column_encoding={"i": encoding})
for encoding in ("DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "PLAIN"):
    write(f"encoding-s-{encoding}", WIDE_TABLE.select(["s"]), use_dictionary=False, column_encoding={"s": encoding})
write("encoding-b-RLE", WIDE_TABLE.select(["b"]), use_dictionary=False, column_encoding={"b": "RLE"})
for options in ({"use_deprecated_int96_timestamps": True}, {"coerce_timestamps": "ms", "allow_truncated_timestamps": True}, {"store_schema": False}):
    for name in ("at_us", "at_us_zone", "at_ns"):
        write(f"{name}-{next(iter(options))}", pa.table({"v": filled(COLUMNS[name])}), **options)
NUMERIC = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64", "at_us", "at_ns_zone", "time_ms", "time_us", "day", "decimal32_9_4", "decimal64_18_2")
for name in NUMERIC:
    options = {"store_decimal_as_integer": True} if name.startswith("decimal") else {}
    write(f"delta-{name}-0", pa.table({"v": filled(COLUMNS[name])}), use_dictionary=False, column_encoding={"v": "DELTA_BINARY_PACKED"}, **options)
for name in ("float", "double", "half", "fixed", "decimal128_28_9"):
    write(f"split-{name}-0", pa.table({"v": filled(COLUMNS[name])}), use_dictionary=False, column_encoding={"v": "BYTE_STREAM_SPLIT"})
for name in ("binary", "large_text", "fixed", "decimal128_28_9", "decimal256_50_10"):
    write(f"prefixes-{name}-0", pa.table({"v": filled(COLUMNS[name])}), use_dictionary=False, column_encoding={"v": "DELTA_BYTE_ARRAY"})
MORE = (
    {"write_page_index": True, "max_rows_per_page": 50},
    {"bloom_filter_options": {"v": {"ndv": 100, "fpp": 0.01}}},
    {"dictionary_pagesize_limit": 64},
    {"use_content_defined_chunking": True},
    {"write_statistics": False},
    {"flavor": "spark"},
    {"write_time_adjusted_to_utc": True},
    {"store_decimal_as_integer": True},
    {"use_compliant_nested_type": False},
)
for name, column in COLUMNS.items():
    for at, way in enumerate(MORE):
        write(f"more-{name}-{at}", pa.table({"v": filled(column)}), **way)


def nested(column):
    """The same values in a list, a struct and a map."""
    ends = [*range(0, len(column), 3), len(column)]
    keys = pa.array([f"k{at}" for at in range(len(column))])
    return {
        "list": pa.ListArray.from_arrays(ends, column),
        "struct": pa.StructArray.from_arrays([column, pa.array(range(len(column)))], ["x", "y"]),
        "map": pa.MapArray.from_arrays(ends, keys, column),
    }


for name, column in COLUMNS.items():
    for where, inside in nested(filled(column, 300)).items():
        for at, way in enumerate(({}, {"write_statistics": False, "data_page_version": "2.0"}, {"write_time_adjusted_to_utc": True})):
            write(f"within-{where}-{name}-{at}", pa.table({"v": inside}), **way)
write("not-null", pa.table([pa.array([1, 2])], schema=pa.schema([pa.field("v", pa.int64(), nullable=False)])))
write("no-rows", pa.table({"v": pa.array([], pa.int64())}))
write("names", pa.table({"a.b": [1], "ä": [2], "A": [3], "a": [4], 'q"': [5], " ": [6]}))

# Whoever compares says in the schema that these are VARIANTs, which pyarrow cannot.
KEYS = metadata(NAMES)


def variants(rest, typed=None):
    parts = {"metadata": pa.array([KEYS] * len(rest), pa.binary()), "value": pa.array(rest, pa.binary())}
    return pa.StructArray.from_arrays([*parts.values(), *([] if typed is None else [typed])], [*parts, *([] if typed is None else ["typed_value"])])


def parts(typed, rest=None):
    return pa.StructArray.from_arrays([pa.array(rest or [None] * len(typed), pa.binary()), typed], ["value", "typed_value"])


SHREDDED = (
    *(f"int{bits}" for bits in (8, 16, 32, 64)), "float", "double", "boolean", "text", "binary", "day", "time_us",
    *(f"at_{unit}{zone}" for unit in ("us", "ns") for zone in ("", "_zone")), "decimal32_9_4", "decimal64_18_2", "decimal128_38_0",
)
write("variant-bytes", pa.table({"v": variants([*VALUES, None])}))
for name in SHREDDED:
    # Each fourth is of another type, and so in the bytes.
    own = pc.if_else([at % 4 != 3 for at in range(200)], filled(COLUMNS[name], 200), pa.nulls(200, COLUMNS[name].type))
    rest = [short(f"other {at}") if at % 4 == 3 else None for at in range(len(own))]
    whole = {"in": variants(rest, own)}
    ends = list(range(0, len(own) + 1, 5))
    whole["array"] = variants([None] * (len(ends) - 1), pa.ListArray.from_arrays(ends, parts(own, rest)))
    more = [fields({3: short("Zoë")}) if at % 2 == 0 else None for at in range(len(own))]
    whole["object"] = variants(more, pa.StructArray.from_arrays([parts(own, rest), parts(own)], ["a", "b"]))
    for where, column in whole.items():
        for at, way in enumerate(({}, {"write_statistics": False, "data_page_version": "2.0"})):
            write(f"variant-{name}-{where}-{at}", pa.table({"v": column}), **way)
