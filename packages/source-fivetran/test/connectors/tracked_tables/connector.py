"""Tracks which tables were synced: a new one is read from the beginning, the others from where they are.

The tables are listed in TABLES_TO_SYNC; the state holds those that were synced, and the time up to which. There is no schema(), so
the tables are known by their rows alone.
"""

from datetime import datetime, timezone

from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

# Add a table here, and its history is synced with the next run.
TABLES_TO_SYNC = ["A", "B", "C"]


def in_milliseconds(moment):
    return moment.isoformat("T", "milliseconds").replace("+00:00", "Z")


def update(configuration: dict, state: dict):
    if "initialSyncStart" not in configuration:
        raise ValueError("Missing required configuration value: 'initialSyncStart'")
    now = in_milliseconds(datetime.now(timezone.utc))
    start = datetime.fromisoformat(configuration["initialSyncStart"].replace("Z", "+00:00"))
    synced_before = state.get("synced_tables")
    if not synced_before and configuration.get("synced_tables"):
        synced_before = configuration["synced_tables"].split(",")
    synced = sync_tables(synced_before or [], state.get("to_timestamp"), in_milliseconds(start))
    op.checkpoint({"to_timestamp": now, "synced_tables": sorted(synced)})


def sync_tables(synced_before, last, start):
    for table in TABLES_TO_SYNC:
        if table in synced_before:
            log.debug(f"{table} was synced before, go back to {last or start}")
            since = last or start
        else:
            log.debug(f"{table} is new, needs history from {start}")
            since = start
        op.upsert(table=table, data={"message": f"syncing {table} since {since}"})
    return set(TABLES_TO_SYNC)


connector = Connector(update=update)

if __name__ == "__main__":
    connector.debug()
