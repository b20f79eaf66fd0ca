"""Values of VARIANTs as bytes, with the widest sizes that the specification has."""

import struct


def whole(value, size):
    return value.to_bytes(size, "little", signed=True)


def primitive(kind, rest=b""):
    return bytes([kind << 2]) + rest


def sized(kind, data):
    return primitive(kind, len(data).to_bytes(4, "little") + data)


def short(text):
    return bytes([len(text.encode()) << 2 | 1]) + text.encode()


def span(values):
    ends = [0]
    for value in values:
        ends.append(ends[-1] + len(value))
    return b"".join(end.to_bytes(4, "little") for end in ends) + b"".join(values)


def array(values):
    return bytes([0b11111]) + len(values).to_bytes(4, "little") + span(values)


def fields(values):
    """An object whose fields are named by the names with these numbers."""
    ids = b"".join(at.to_bytes(4, "little") for at in values)
    return bytes([0b1111110]) + len(values).to_bytes(4, "little") + ids + span(list(values.values()))


def metadata(names):
    data = [name.encode() for name in names]
    return bytes([0b11010001]) + len(names).to_bytes(4, "little") + span(data)


INSTANTS = [-(2**63) + 1, -62135596800 * 10**6, -383397965876543211, -1001, -1, 0, 1, 999, 1730982834123456789]
DATES = [-719529, -719528, -1, 0, 19782, 2932896, 2932897]
DECIMALS = [(0, 0), (2, 1), (2, -1), (9, -(2**31)), (9, 2**31 - 1)]

PRIMITIVES = [
    *(primitive(kind) for kind in range(3)),
    *(primitive(3 + nth, whole(value, 2**nth)) for nth in range(4) for value in (-(2 ** (8 * 2**nth - 1)), 2 ** (8 * 2**nth - 1) - 1, -1, 0)),
    *(primitive(7, struct.pack("<d", value)) for value in (0.1, 1e300, 5e-324, float("inf"), float("nan"))),
    *(primitive(8 + nth, bytes([scale]) + whole(value, 4 * 2**nth)) for nth in range(3) for scale, value in DECIMALS),
    primitive(10, bytes([38]) + whole(10**38 - 1, 16)),
    *(primitive(11, whole(day, 4)) for day in DATES),
    *(primitive(kind, whole(count, 8)) for kind in (12, 13, 18, 19) for count in INSTANTS[1 if kind < 18 else 0 :]),
    *(primitive(14, struct.pack("<f", value)) for value in (0.1, 3.4e38, 1e-45)),
    *(sized(15, data) for data in (b"", bytes(range(256)))),
    *(sized(16, text.encode()) for text in ("", "x" * 300, 'Zoë "😀" \\x41')),
    *(short(text) for text in ("", "abc")),
    *(primitive(17, whole(micros, 8)) for micros in (0, 45234123456, 86399999999)),
    primitive(20, bytes(range(16))),
]
NAMES = ["a", "b", "__proto__", "Zoë"]
VALUES = [
    *PRIMITIVES,
    array([]),
    array(PRIMITIVES[:40]),
    array([array([array([])]), fields({})]),
    fields({at: one for at, one in enumerate(PRIMITIVES[3:7])}),
    fields({0: fields({1: array([fields({3: primitive(0)})])})}),
]
