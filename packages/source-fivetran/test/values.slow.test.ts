import { expect, it } from 'vitest'
import { connectorOf, Runner } from './runner.ts'

const VALUES = `
import datetime as dt, decimal, uuid, enum
class Color(str, enum.Enum):
    RED = "red"
plus = dt.timezone(dt.timedelta(hours=5, minutes=30))
row = {
    "id": 1, "big": 9007199254740993, "huge": 2**70, "negative": -(2**63), "text": "ä😀", "yes": True,
    "half": 0.5, "one": 1.0, "tiny": 1e-320, "tenth": 0.1, "nan": float("nan"), "inf": float("-inf"),
    "money": decimal.Decimal("12345678901234567890.10"), "power": decimal.Decimal("1E+3"),
    "zoned": dt.datetime(2020, 1, 2, 3, 4, 5, 678901, tzinfo=plus), "naive": dt.datetime(2020, 1, 2, 3, 4, 5),
    "day": dt.date(2020, 1, 2), "time": dt.time(3, 4), "bytes": b"\\x00\\xff", "uuid": uuid.UUID(int=5), "color": Color.RED,
    "json": {"big": 9007199254740993, "at": dt.date(2020, 1, 2), "nan": float("nan"), "list": [1, decimal.Decimal("1.10")]},
    "list": [1, "a"], "set": {7}, "tuple": (1, 2), "none": None, "looks": "2020-01-02", "__proto__": "odd", "toString": 5,
}
def update(configuration, state):
    op.upsert("t", row)
    op.checkpoint({})
connector = Connector(update=update%s)
`
const declared = (columns: string): string =>
  `def schema(configuration):\n    return [{"table": "t", "primary_key": ["id"], "columns": ${columns}}]\n`

it('values of Python arrive exactly, each as the type that it has', async () => {
  const runner = new Runner()
  await runner.sync(connectorOf(declared('{}') + VALUES.replace('%s', ', schema=schema')))
  expect(runner.rejected).toEqual([])
  const types = runner.types('t')
  const [row] = runner.rows('t')
  const seen = Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, [types[name], value]]))
  expect(seen).toMatchObject({
    id: ['integer', 1],
    big: ['integer', 9007199254740993n],
    huge: ['numeric', '1180591620717411303424'],
    negative: ['integer', -(2n ** 63n)],
    text: ['text', 'ä😀'],
    yes: ['boolean', true],
    half: ['double', 0.5],
    one: ['double', 1],
    tiny: ['double', 1e-320],
    tenth: ['double', 0.1],
    nan: ['double', Number.NaN],
    inf: ['double', Number.NEGATIVE_INFINITY],
    money: ['numeric', '12345678901234567890.10'],
    power: ['numeric', '1000'],
    zoned: ['timestamp', '2020-01-01T21:34:05.678901Z'],
    naive: ['local_timestamp', '2020-01-02T03:04:05'],
    day: ['date', '2020-01-02'],
    time: ['text', '03:04:00'],
    bytes: ['bytes', Buffer.from([0, 255])],
    uuid: ['text', '00000000-0000-0000-0000-000000000005'],
    color: ['text', 'red'],
    list: ['json', [1, 'a']],
    set: ['json', [7]],
    tuple: ['json', [1, 2]],
    looks: ['text', '2020-01-02'],
    toString: ['integer', 5],
  })
  expect(types).not.toHaveProperty('none')
  expect(row!['json']).toEqual({ big: 9007199254740993n, at: '2020-01-02', nan: 'nan', list: [1, '1.10'] })
})

it('a declared type counts, and takes what is written otherwise', async () => {
  const runner = new Runner()
  const columns = `{"day": "NAIVE_DATE", "local": "NAIVE_DATETIME", "utc": "UTC_DATETIME", "naive": "UTC_DATETIME", "price": {"type": "DECIMAL", "precision": 15, "scale": 2}, "count": "INT", "share": "FLOAT", "flag": "BOOLEAN", "doc": "JSON", "text": "STRING", "xml": "XML", "blob": "BINARY", "midnight": "NAIVE_DATE", "absent": "LONG"}`
  await runner.sync(
    connectorOf(`
import datetime as dt
def schema(configuration):
    return [{"table": "t", "primary_key": ["id"], "columns": ${columns}}]
def update(configuration, state):
    op.upsert("t", {"id": "a", "day": "2007-12-03", "local": "2007-12-03 10:15:30", "utc": "2007-12-03T10:15:30.123+01:00",
        "naive": dt.datetime(2007, 12, 3), "price": "105.34", "count": "7", "share": "0.5", "flag": "true", "doc": '{"a": 9007199254740993}',
        "text": 15, "xml": "<a/>", "blob": b"x", "midnight": dt.datetime(2007, 12, 3)})
    op.checkpoint({})
connector = Connector(update=update, schema=schema)
`),
  )
  expect(runner.rejected).toEqual([])
  expect(runner.rows('t')).toEqual([
    {
      id: 'a',
      day: '2007-12-03',
      local: '2007-12-03T10:15:30',
      utc: '2007-12-03T10:15:30.123+01:00',
      naive: '2007-12-03T00:00:00Z',
      price: '105.34',
      count: 7,
      share: 0.5,
      flag: true,
      doc: { a: 9007199254740993n },
      text: '15',
      xml: '<a/>',
      blob: Buffer.from('x'),
      midnight: '2007-12-03',
    },
  ])
  expect(runner.types('t')).toMatchObject({ id: 'text', absent: 'integer', price: 'numeric', naive: 'timestamp' })
})

it('what does not fit a declared type is rejected row by row, in a form that people read', async () => {
  const runner = new Runner()
  await runner.sync(
    connectorOf(`
import datetime as dt
def schema(configuration):
    return [{"table": "t", "primary_key": ["id"], "columns": {"at": "NAIVE_DATETIME"}}]
def update(configuration, state):
    op.upsert("t", {"id": 1, "at": dt.datetime(2020, 1, 2, tzinfo=dt.timezone.utc)})
    op.upsert("t", {"id": 2, "at": dt.datetime(2020, 1, 2)})
connector = Connector(update=update, schema=schema)
`),
  )
  expect(runner.rejected).toEqual([
    { table: 't', row: { id: 1, at: '2020-01-02T00:00:00Z' }, message: 'at: expected a value of type local_timestamp' },
  ])
  expect(runner.rows('t')).toEqual([{ id: 2, at: '2020-01-02T00:00:00' }])
})

it('the state comes back as the connector gave it, digit by digit', async () => {
  const state =
    '{"big": 12345678901234567890123, "one": 1.0, "tenth": 0.1, "10": 1, "9": {"ä": ["\\u00e9", null, true]}}'
  const folder = connectorOf(`
import json
given = json.loads(r'''${state}''')
def update(configuration, state):
    if state:
        assert json.dumps(state) == json.dumps(given), state
        op.upsert("seen", {"state": json.dumps(state)})
    op.checkpoint(given)
connector = Connector(update=update)
`)
  const runner = new Runner()
  await runner.sync(folder)
  await runner.sync(folder)
  expect(runner.rows('seen')).toHaveLength(1)
})
