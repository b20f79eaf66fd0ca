"""Upserts the orders of the other measures, and checkpoints as connectors do that read pages."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))

from fivetran_connector_sdk import Connector  # noqa: E402
from fivetran_connector_sdk import Operations as op  # noqa: E402
from orders import order  # noqa: E402


def schema(configuration):
    return [{"table": "orders", "primary_key": ["id"], "columns": {"created_at": "UTC_DATETIME", "updated_at": "UTC_DATETIME", "tags": "JSON"}}]


def update(configuration, state):
    rows, every = int(configuration["rows"]), int(configuration["checkpoint_every"])
    for n in range(rows):
        op.upsert("orders", order(n))
        if (n + 1) % every == 0:
            op.checkpoint({"at": n + 1})


connector = Connector(update=update, schema=schema)
