"""A tap that writes the same orders as lines of JSON, with a state after each page."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from orders import order  # noqa: E402

SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "customer_id": {"type": "integer"},
        "email": {"type": "string"},
        "status": {"type": "string"},
        "note": {"type": ["null", "string"]},
        "amount": {"type": "number"},
        "paid": {"type": "boolean"},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
        "tags": {"type": "array"},
    },
}


def write(message):
    sys.stdout.write(json.dumps(message) + "\n")


def main():
    if "--discover" in sys.argv:
        entry = {"tap_stream_id": "orders", "stream": "orders", "schema": SCHEMA, "key_properties": ["id"]}
        root = {"breadcrumb": [], "metadata": {"valid-replication-keys": ["id"], "forced-replication-method": "INCREMENTAL"}}
        write({"streams": [{**entry, "metadata": [root]}]})
        return
    with open(sys.argv[sys.argv.index("--config") + 1]) as file:
        config = json.load(file)
    write({"type": "SCHEMA", "stream": "orders", "schema": SCHEMA, "key_properties": ["id"]})
    for n in range(config["rows"]):
        write({"type": "RECORD", "stream": "orders", "record": order(n)})
        if (n + 1) % config["checkpoint_every"] == 0:
            write({"type": "STATE", "value": {"bookmarks": {"orders": {"id": n}}}})


main()
