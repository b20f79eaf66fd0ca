"""Runs one connector.py: its schema(), or its update(). File descriptor 3: lines to Tidemark, 4: its request and answers."""

import importlib.util
import inspect
import json
import os
import sys
import traceback

# Where Python is told to leave out the folder of a script (PYTHONSAFEPATH), the stand-in is still found.
OWN = os.path.dirname(os.path.abspath(__file__))
if OWN not in sys.path:
    sys.path.insert(0, OWN)

import fivetran_connector_sdk as sdk  # noqa: E402


def main():
    # Read byte by byte: what follows are answers, which another reader takes.
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(4, 1)
        if not byte:
            return 1
        line += byte
    request = json.loads(line)
    pipe = sdk._open(request["marker"])
    folder = request["folder"]
    # A folder of the connector may hold a module of any name; only the stand-in comes before it.
    sys.path[:] = [OWN, folder, *(path for path in sys.path if path not in (OWN, folder))]
    sys.argv[:] = [os.path.join(folder, "connector.py")]
    home = os.getpid()
    try:
        line = run(request, folder)
    except BaseException as error:
        if os.getpid() != home:
            os._exit(1)
        line = failure(error, folder)
    if os.getpid() != home:
        # A process that the connector forked came to the end of it as well.
        os._exit(0)
    pipe.send(json.dumps(line), at_once=True)
    return 0


def run(request, folder):
    connector = load(folder)
    configuration = request["configuration"]
    if request["verb"] == "schema":
        tables = connector.schema_method(configuration) if connector.schema_method else []
        # The functions of a connector may give what JSON has no name for.
        return ["schema", json.loads(json.dumps(tables, default=str))]
    result = connector.update_method(configuration, request["state"])
    if inspect.isgenerator(result):
        for _ in result:
            pass
    return ["end"]


def load(folder):
    path = os.path.join(folder, "connector.py")
    spec = importlib.util.spec_from_file_location("connector", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["connector"] = module
    spec.loader.exec_module(module)
    connector = getattr(module, "connector", None)
    if isinstance(connector, sdk.Connector):
        return connector
    if sdk.Connector.made:
        return sdk.Connector.made[-1]
    raise NotAConnector("connector.py makes no Connector(update=update)")


class NotAConnector(Exception):
    pass


def failure(error, folder):
    """What a connector raised, and which of the ways out it needs."""
    trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(folder)]
    last = frames[-1] if frames else None
    where = f"{os.path.relpath(last.filename, folder)}:{last.lineno}" if last else ""
    return ["failed", kind(error), message(error), where, trace, answer(error)]


def answer(error):
    """What a system answered, where that is what the connector failed with: the status, and how long to wait."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        # requests and httpx have the answer beside their error; for urllib and aiohttp the error is it.
        answered = getattr(error, "response", None)
        answered = error if answered is None else answered
        for name in ("status_code", "code", "status"):
            status = getattr(answered, name, None)
            if isinstance(status, int) and 400 <= status <= 599:
                return [int(status), wait(answered)]
        # What failed while another failure was handled may say that one in its own words, or be one of the network.
        is_own = error.__suppress_context__ or isinstance(error, OSError)
        error = error.__cause__ or (None if is_own else error.__context__)
    return None


def wait(answered):
    try:
        value = answered.headers.get("Retry-After")
    except Exception:
        return None
    return value if isinstance(value, str) else None


def message(error):
    if isinstance(error, SystemExit):
        return "it called sys.exit()" if error.code in (None, 0) else f"it called sys.exit({error.code!r})"
    if isinstance(error, NotAConnector):
        return str(error)
    return f"{type(error).__name__}: {error}"


def kind(error):
    if isinstance(error, SystemExit):
        return "exit"
    if isinstance(error, ModuleNotFoundError):
        return "package"
    if isinstance(error, ImportError):
        return "import"
    if isinstance(error, (NotAConnector, SyntaxError, NameError, AttributeError, TypeError)):
        return "code"
    if isinstance(error, (FileNotFoundError, PermissionError)):
        return "file"
    return "other"


# A process that the connector starts by "spawn" loads this file under another name.
if __name__ == "__main__":
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        # Threads that a connector left running do not keep it alive.
        os._exit(code)
