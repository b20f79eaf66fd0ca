import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Source } from '@tidemark/core'
import { testFeed } from '@tidemark/testkit'
import { eventFeed } from '../../testkit/test/event-feed.ts'
import source from '../src/index.ts'

/** A connector that reads the events of an HTTP API, and says its key wherever it can. */
const CONNECTOR = `
import json, urllib.parse, urllib.request
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Logging as log
from fivetran_connector_sdk import Operations as op

def schema(configuration):
    return [
        {"table": "orders", "primary_key": ["id"], "columns": {"id": "LONG", "note": "STRING", "total": "DECIMAL"}},
        {"table": "lines", "primary_key": ["order", "line"], "columns": {"order": "LONG", "line": "LONG", "v": "DOUBLE"}},
    ]

def events(configuration, since):
    key = configuration["api_key"]
    log.info(f"asks with {key}")
    print(f"asks with {key}")
    query = urllib.parse.urlencode({"folder": configuration["folder"], "from": since, "key": key})
    try:
        with urllib.request.urlopen(f"{configuration['url']}/events?{query}") as answer:
            return json.load(answer)
    except Exception as error:
        raise RuntimeError(f"{configuration['url']}/events?{query} failed") from error

def update(configuration, state):
    at = state.get("at", 0)
    for event in events(configuration, at):
        if event["op"] == "upsert":
            op.upsert(event["table"], event["row"])
        else:
            op.delete(event["table"], event["row"])
        at += 1
        if at % 3 == 0:
            op.checkpoint({"at": at})
    op.checkpoint({"at": at})

connector = Connector(update=update, schema=schema)
`

const events = eventFeed({
  order: (id) => ({ id, note: `note ${id}`, total: `${id}.25` }),
  line: (order, line) => ({ order, line, v: line / 4 }),
  edited: { orders: { note: 'edited' }, lines: { v: 9.5 } },
})

testFeed(source as unknown as Source, {
  ...events,
  fixtures: (folder) => {
    writeFileSync(join(folder, 'connector.py'), CONNECTOR)
    events.fixtures(folder)
  },
  config: ({ folder, url }) => ({
    connector: folder,
    configuration: { url, folder },
    secrets: { api_key: 'a key that nobody sees' },
  }),
})
