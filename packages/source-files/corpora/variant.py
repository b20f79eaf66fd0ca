"""Reads a VARIANT as its specification says, with no reader of anyone's: also one in parts.

https://github.com/apache/parquet-format/blob/master/VariantEncoding.md and VariantShredding.md
"""

import struct
import uuid
from decimal import Decimal, getcontext

MISSING = object()
getcontext().prec = 100


def number(data, at, size):
    return int.from_bytes(data[at : at + size], "little")


def signed(data, at, size):
    return int.from_bytes(data[at : at + size], "little", signed=True)


def names(metadata):
    size = (metadata[0] >> 6) + 1
    count = number(metadata, 1, size)
    start = 1 + size * (count + 2)
    ends = [number(metadata, 1 + size * (at + 1), size) for at in range(count + 1)]
    return [metadata[start + ends[at] : start + ends[at + 1]].decode() for at in range(count)]


def decimal(data, at, size):
    return {"n": format(Decimal(signed(data, at + 1, size)).scaleb(-data[at]), "f")}


def floating(data, at, size):
    return {"f": repr(struct.unpack("<d" if size == 8 else "<f", data[at : at + size])[0])}


def instant(unit, zone):
    return lambda data, at: {"at": str(signed(data, at, 8)), "unit": unit, "zone": zone}


def sized(data, at):
    return data[at + 4 : at + 4 + number(data, at, 4)]


PRIMITIVES = {
    0: lambda data, at: None,
    1: lambda data, at: {"b": True},
    2: lambda data, at: {"b": False},
    **{3 + nth: lambda data, at, size=2**nth: {"i": str(signed(data, at, size))} for nth in range(4)},
    7: lambda data, at: floating(data, at, 8),
    **{8 + nth: lambda data, at, size=4 * 2**nth: decimal(data, at, size) for nth in range(3)},
    11: lambda data, at: {"day": str(signed(data, at, 4))},
    12: instant("us", True),
    13: instant("us", False),
    14: lambda data, at: floating(data, at, 4),
    15: lambda data, at: {"x": sized(data, at).hex()},
    16: lambda data, at: {"s": sized(data, at).decode()},
    17: lambda data, at: {"time": str(signed(data, at, 8)), "unit": "us"},
    18: instant("ns", True),
    19: instant("ns", False),
    20: lambda data, at: {"s": str(uuid.UUID(bytes=bytes(data[at : at + 16])))},
}


def decode(keys, data, at=0):
    kind, header = data[at] & 3, data[at] >> 2
    if kind == 0:
        return PRIMITIVES[header](data, at + 1)
    if kind == 1:
        return {"s": data[at + 1 : at + 1 + header].decode()}
    is_large = header >> (4 if kind == 2 else 2) & 1
    count, width = number(data, at + 1, 4 if is_large else 1), (header & 3) + 1
    ids = at + (5 if is_large else 2)
    id_width = (header >> 2 & 3) + 1 if kind == 2 else 0
    ends = ids + count * id_width
    start = ends + (count + 1) * width
    values = [decode(keys, data, start + number(data, ends + nth * width, width)) for nth in range(count)]
    if kind == 3:
        return {"list": values}
    return {"struct": [[keys[number(data, ids + nth * id_width, id_width)], values[nth]] for nth in range(count)]}


def assembled(keys, part):
    """A value of a group by its account: {"struct": [["value", …], ["typed_value", …]]}."""
    parts = dict(part["struct"])
    rest, typed = parts.get("value"), parts.get("typed_value")
    plain = MISSING if rest is None else decode(keys, bytes.fromhex(rest["x"]))
    if typed is None:
        return plain
    if "list" in typed:
        return {"list": [None if one is MISSING else one for one in (assembled(keys, each) for each in typed["list"])]}
    if "struct" not in typed:
        return typed
    fields = [[name, assembled(keys, each)] for name, each in typed["struct"] if each is not None]
    fields = [[name, one] for name, one in fields if one is not MISSING]
    return {"struct": fields + ([] if plain is MISSING else plain["struct"])}


def variant(account):
    """The value of a row, or None, by the account of its group."""
    if account is None:
        return None
    keys = names(bytes.fromhex(dict(account["struct"])["metadata"]["x"]))
    value = assembled(keys, account)
    return None if value is MISSING else value
