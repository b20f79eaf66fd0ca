"""The names that a connector.py imports, so that it runs in Tidemark unmodified.

Operations leave as lines of JSON on file descriptor 3; checkpoint() returns when its rows are committed. Written from the
public examples of the Fivetran Connector SDK (MIT); nothing of Fivetran's own packages is imported or needed.
"""

import base64
import datetime
import decimal
import enum
import json
import math
import os
import sys
import threading

__version__ = "2.0.0"
__all__ = ["Connector", "Logging", "Operations"]

_PLAIN = frozenset((str, int, bool, type(None)))
_FLUSH_BYTES = 1 << 16
_FLUSH_SECONDS = 0.5


class _Pipe:
    """Lines to Tidemark, and its answers."""

    def __init__(self, marker):
        self.marker = marker
        self.lock = threading.RLock()
        self.buffer = bytearray()
        self.answers = open(4, "rb", closefd=False)
        # Neither programs that a connector starts nor processes that it forks hold the pipes open, or write to them.
        os.set_inheritable(3, False)
        os.set_inheritable(4, False)
        os.register_at_fork(after_in_child=_forget)
        threading.Thread(target=self._flush_often, daemon=True).start()

    def send(self, line, at_once=False):
        with self.lock:
            self.buffer += line.encode("ascii")
            self.buffer += b"\n"
            if at_once or len(self.buffer) >= _FLUSH_BYTES:
                self.flush()

    def flush(self):
        with self.lock:
            rest = memoryview(bytes(self.buffer))
            self.buffer.clear()
            try:
                while rest:
                    rest = rest[os.write(3, rest) :]
            except OSError:
                # Nobody reads any more.
                os._exit(1)

    def ask(self, line):
        """Sends a line and waits for its answer. Other threads wait with it: what they send belongs after the answer."""
        with self.lock:
            self.send(line, at_once=True)
            if self.answers.readline() != b"ok\n":
                os._exit(1)

    def _flush_often(self):
        pause = threading.Event()
        while True:
            pause.wait(_FLUSH_SECONDS)
            if self.buffer:
                self.flush()


_pipe = None


def _open(marker):
    global _pipe
    _pipe = _Pipe(marker)
    return _pipe


def _forget():
    global _pipe
    _pipe = None
    for fd in (3, 4):
        try:
            os.close(fd)
        except OSError:
            pass


def _needed():
    if _pipe is None:
        raise RuntimeError("operations can only be called in the process that runs update(), while it runs")
    return _pipe


def _tagged(kind, text):
    return {_pipe.marker: kind + text}


def _typed(value):
    """A value that JSON has no type for, or None."""
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) and not value.is_integer() else _tagged("f", float.__repr__(value))
    if isinstance(value, decimal.Decimal):
        return _tagged("d", format(value, "f")) if value.is_finite() else _tagged("s", str(value))
    if isinstance(value, datetime.datetime):
        # pandas.NaT is a datetime that equals nothing.
        return None if value != value else _instant(value)
    if isinstance(value, datetime.date):
        return _tagged("t", value.isoformat())
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _tagged("b", base64.b64encode(bytes(value)).decode("ascii"))
    if isinstance(value, (dict, list, tuple)):
        return value
    if isinstance(value, (set, frozenset)):
        return list(value)
    module = type(value).__module__.partition(".")[0]
    if module == "pandas" and type(value).__name__ == "NAType":
        return None
    if module == "numpy" and type(value).__name__ == "datetime64":
        text = str(value.astype("datetime64[us]"))
        return None if text == "NaT" else _tagged("n", text)
    if module == "numpy" and hasattr(value, "tolist"):
        plain = value.tolist()
        return plain if type(plain) in _PLAIN or isinstance(plain, list) else _typed(plain)
    return _tagged("s", str(value))


def _instant(value):
    if value.tzinfo is None:
        return _tagged("n", datetime.datetime.isoformat(value))
    try:
        utc = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    except OverflowError:
        return _tagged("z", datetime.datetime.isoformat(value))
    return _tagged("z", datetime.datetime.isoformat(utc) + "Z")


def _finite(value):
    """The same without numbers that JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(float(value))
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(one) for one in value]
    return value


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_typed).encode


def _row(operation, table, data):
    pipe = _needed()
    if not isinstance(table, str):
        raise TypeError(f"{operation}: the name of the table must be a str, not {type(table).__name__}")
    if not isinstance(data, dict):
        raise TypeError(f"{operation} of table {table!r}: the row must be a dict, not {type(data).__name__}")
    changed = None
    for name, value in data.items():
        kind = type(value)
        if kind in _PLAIN or kind is dict or kind is list:
            continue
        if kind is float and math.isfinite(value) and not value.is_integer():
            continue
        if changed is None:
            changed = dict(data)
        changed[name] = _typed(value)
    row = data if changed is None else changed
    try:
        text = _encode(row)
    except ValueError:
        text = _encode(_finite(row))
    pipe.send(f'["{operation}",{_encode(table)},{text}]')


class Operations:
    """What update() calls to tell rows."""

    @staticmethod
    def upsert(table, data):
        _row("upsert", table, data)

    @staticmethod
    def update(table, modified):
        _row("update", table, modified)

    @staticmethod
    def delete(table, keys):
        _row("delete", table, keys)

    @staticmethod
    def truncate(table):
        _row("truncate", table, {})

    @staticmethod
    def checkpoint(state):
        """Returns when all that came before is committed together with the state."""
        pipe = _needed()
        if not isinstance(state, dict):
            raise TypeError(f"checkpoint: the state must be a dict, not {type(state).__name__}")
        text = json.dumps(state, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = json.dumps(state, separators=(",", ":"), allow_nan=False)
        pipe.ask(f'["checkpoint",{_encode(text)}]')


class Logging:
    """What a connector calls to log."""

    class Level(enum.IntEnum):
        FINE = 1
        DEBUG = 1
        INFO = 2
        WARNING = 3
        SEVERE = 4

    LOG_LEVEL = None

    @staticmethod
    def _say(level, message, *more):
        text = " ".join(str(one) for one in (message, *more) if one is not None)
        if _pipe is None:
            print(f"{level}: {text}", file=sys.stderr)
        else:
            _pipe.send(f'["log","{level}",{_encode(text)}]', at_once=True)

    @staticmethod
    def fine(message, *more):
        Logging._say("FINE", message, *more)

    @staticmethod
    def debug(message, *more):
        Logging._say("FINE", message, *more)

    @staticmethod
    def info(message, *more):
        Logging._say("INFO", message, *more)

    @staticmethod
    def warning(message, *more):
        Logging._say("WARNING", message, *more)

    @staticmethod
    def severe(message, *more):
        Logging._say("SEVERE", message, *more)

    error = severe


class Connector:
    """What a connector.py makes: its update() and its schema()."""

    made = []

    def __init__(self, update, schema=None, *more, **others):
        self.update_method = update
        self.schema_method = schema
        Connector.made.append(self)

    def debug(self, *more, **others):
        raise RuntimeError("this connector is run by Tidemark: tidemark sync")

    run = debug
