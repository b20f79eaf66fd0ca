import { availableParallelism, loadavg } from 'node:os'
import { inProcess } from './measure.ts'

// Every figure comes from one run on one machine: read the ratios, absolute figures do not travel.
interface Line {
  readonly measure: string
  readonly found: string
  readonly wanted: string
}

const number = (value: number): string => Math.round(value).toLocaleString('en')
const lines: Line[] = []
const only = process.argv.slice(2)
const measure = async (name: string, work: () => Promise<Line | Line[]>): Promise<void> => {
  if (only.length > 0 && !only.includes(name)) return
  process.stderr.write(`${name} …\n`)
  lines.push(...[await work()].flat())
}

await measure('sqlite', async () => {
  const { bare, tidemark, ratio } = (await inProcess('sqlite')) as Record<string, number>
  return [
    { measure: 'bare prepared node:sqlite loop, rows/s', found: number(bare!), wanted: '' },
    { measure: 'end to end into SQLite with zod, rows/s', found: number(tidemark!), wanted: '' },
    { measure: '  of the bare loop', found: ratio!.toFixed(2), wanted: 'at least 0.70, goal 0.80' },
  ]
})
await measure('postgres', async () => {
  const found = (await inProcess('postgres')) as Record<string, number>
  return [
    { measure: 'psql \\copy of a new table, rows/s', found: number(found['bare']!), wanted: '' },
    { measure: 'backfill into Postgres, end to end with zod, rows/s', found: number(found['history']!), wanted: '' },
    { measure: '  of psql', found: found['historyRatio']!.toFixed(2), wanted: 'at least 1.00, goal 1.10' },
    { measure: 'psql \\copy and one upsert, all rows changed, rows/s', found: number(found['bareAgain']!), wanted: '' },
    { measure: 'the same rows again, all changed, rows/s', found: number(found['again']!), wanted: '' },
    { measure: '  of psql', found: found['againRatio']!.toFixed(2), wanted: 'at least 0.80, goal 1.00' },
  ]
})
await measure('tables', async () => {
  const { one, all, ratio } = (await inProcess('tables')) as Record<string, number>
  return {
    measure: `ten tables into Postgres, one after another (${one!.toFixed(1)} s) to all at once (${all!.toFixed(1)} s)`,
    found: ratio!.toFixed(2),
    wanted: 'at least 1.30',
  }
})
for (const kind of ['sqlite', 'postgres']) {
  await measure('lookback', async () => {
    const { unchanged, changed, ratio } = (await inProcess('lookback', kind)) as Record<string, number>
    return {
      measure: `${kind}: 100,000 rows read again, processor, unchanged (${unchanged!.toFixed(2)} s) to changed (${changed!.toFixed(2)} s)`,
      found: ratio!.toFixed(2),
      wanted: 'at most 0.40, goal 0.30',
    }
  })
  await measure('verify', async () => {
    const { sync, verify, ratio } = (await inProcess('verify', kind)) as Record<string, number>
    return {
      measure: `${kind}: 300,000 rows of CSV, processor, verify (${verify!.toFixed(2)} s) to sync (${sync!.toFixed(2)} s)`,
      found: ratio!.toFixed(2),
      wanted: 'at most 1.20, goal 0.80',
    }
  })
}
await measure('move', async () => {
  const found = (await inProcess('move')) as Record<string, number>
  const kinds = ['sqlite', 'postgres']
  return kinds.flatMap((from) =>
    kinds.map((to) => {
      const [moved, synced] = [found[`${from}.${to}`]!, found[`sync.${to}`]!].map((one) => one.toFixed(2))
      return {
        measure: `200,000 rows, processor, move from ${from} to ${to} (${moved} s) to sync of CSV (${synced} s)`,
        found: found[`${from}.${to}.ratio`]!.toFixed(2),
        wanted: 'at most 1.00, goal 0.70',
      }
    }),
  )
})
for (const kind of ['sqlite', 'postgres']) {
  await measure('memory', async () => {
    const small = (await inProcess('memory', '1000000', kind))['peak']!
    const large = (await inProcess('memory', '10000000', kind))['peak']!
    return {
      measure: `peak memory into ${kind}, 10,000,000 rows (${large} MB) to 1,000,000 (${small} MB)`,
      found: (large / small).toFixed(2),
      wanted: 'at most 1.10, under 300 MB',
    }
  })
}
await measure('idle', async () => {
  const { seconds } = await inProcess('idle')
  return { measure: 'nothing to do over 100 known tables, s', found: seconds!.toFixed(2), wanted: 'under 1' }
})
await measure('planning', async () => {
  const { seconds, steps } = await inProcess('planning')
  return {
    measure: `planning 10,000 tables with 100 windows (${number(steps!)} steps), s`,
    found: seconds!.toFixed(2),
    wanted: 'under 1',
  }
})
await measure('status', async () => {
  const { nothing, status, ratio } = (await inProcess('status')) as Record<string, number>
  return {
    measure: `status of 1,000 tables in SQLite (${Math.round(status! * 1000)} ms) to node -e 0 (${Math.round(nothing! * 1000)} ms)`,
    found: ratio!.toFixed(1),
    wanted: 'at most 10, goal 5',
  }
})
await measure('growth', async () => {
  const found = (await inProcess('growth')) as Record<string, number>
  const sizes = { tables: '2,500 tables', partitions: '25,000 partitions', windows: '43,800 windows' }
  return Object.entries(sizes).flatMap(([kind, size]) =>
    Object.entries({
      first: 'the first sync',
      status: 'status',
      plan: 'plan',
      sync: 'a sync with nothing new',
      dashboard: 'the first page of the dashboard',
    })
      .filter(([command]) => found[`${kind}.${command}.1`] !== undefined)
      .map(([command, title]) => {
        const of = (times: number): string => {
          const name = `${kind}.${command}.${times}`
          return `${found[name]!.toFixed(2)} s and ${found[`${name}.mb`]} MB`
        }
        return {
          measure: `${title}, ${size} (${of(1)} of processor time and memory) to twice as many (${of(2)})`,
          found: (found[`${kind}.${command}.2`]! / found[`${kind}.${command}.1`]!).toFixed(2),
          wanted: command === 'first' ? 'at most 2.4' : 'at most 2.2',
        }
      }),
  )
})
await measure('flights', async () => {
  const { rows, seconds, perSecond } = await inProcess('flights')
  return {
    measure: `${number(rows!)} flights, Parquet to SQLite (${seconds!.toFixed(1)} s), rows/s`,
    found: number(perSecond!),
    wanted: '',
  }
})
await measure('source-sql', async () => {
  const found = (await inProcess('source-sql')) as Record<string, number>
  return [
    { measure: 'psql \\copy of a table of Postgres to /dev/null, rows/s', found: number(found['copy']!), wanted: '' },
    { measure: 'the same read through the source alone, rows/s', found: number(found['read']!), wanted: '' },
    { measure: '  of psql', found: found['readRatio']!.toFixed(2), wanted: '' },
    { measure: 'psql \\copy to stdout | psql \\copy from stdin, rows/s', found: number(found['piped']!), wanted: '' },
    { measure: 'Postgres to Postgres, end to end, rows/s', found: number(found['postgres']!), wanted: '' },
    { measure: '  of psql', found: found['postgresRatio']!.toFixed(2), wanted: 'at least 0.50, goal 0.80' },
    { measure: 'Postgres to SQLite, end to end, rows/s', found: number(found['sqlite']!), wanted: '' },
    { measure: 'SQLite to Postgres, end to end, rows/s', found: number(found['back']!), wanted: '' },
  ]
})

await measure('log', async () => {
  const found = (await inProcess('log')) as Record<string, number>
  const small = (await inProcess('log-transaction', '2000000'))['peak']!
  const large = (await inProcess('log-transaction', '5000000'))['peak']!
  const ms = (name: string): string => `${Math.round(found[name]!)} ms`
  return [
    {
      measure: `${number(found['changes']!)} queued changes by a subscription of Postgres, changes/s`,
      found: number(found['native']!),
      wanted: '',
    },
    { measure: 'the same by Tidemark into Postgres, changes/s', found: number(found['tidemark']!), wanted: '' },
    { measure: '  of the subscription', found: found['ratio']!.toFixed(2), wanted: 'at least 0.50' },
    { measure: '  processor time of the runner a change, µs', found: found['microseconds']!.toFixed(1), wanted: '' },
    {
      measure: `lag at ${number(found['perSecond']!)} changes/s, half of ${number(found['looks']!)} looks under`,
      found: ms('p50'),
      wanted: '',
    },
    { measure: '  99 of 100 looks under', found: ms('p99'), wanted: '' },
    { measure: '  at most', found: ms('max'), wanted: 'under 2,000 ms' },
    {
      measure: `peak memory, one transaction of 5,000,000 rows (${large} MB) to one of 2,000,000 (${small} MB)`,
      found: (large / small).toFixed(2),
      wanted: 'at most 1.10',
    },
  ]
})

await measure('adapters', async () => {
  const found = (await inProcess('adapters')) as Record<string, number>
  const names = { fivetran: "a connector of Fivetran's SDK", singer: 'a Singer tap' }
  return Object.entries(names).flatMap(([name, what]) => {
    const line = (database: string, title: string) => [
      {
        measure: `${what} into ${title}, end to end, rows/s`,
        found: number(found[`${name}.${database}`]!),
        wanted: '',
      },
      {
        measure: '  of the same Python',
        found: found[`${name}.${database}Ratio`]!.toFixed(2),
        wanted: 'at least 0.50',
      },
      {
        measure: '  processor time of the runner a row, µs',
        found: found[`${name}.${database}Microseconds`]!.toFixed(1),
        wanted: '',
      },
    ]
    const alone = `${what}: its Python alone, which writes the same lines to /dev/null, rows/s`
    return [
      { measure: alone, found: number(found[`${name}.alone`]!), wanted: '' },
      ...line('sqlite', 'SQLite'),
      ...line('postgres', 'Postgres'),
    ]
  })
})

const width = Math.max(...lines.map((line) => line.measure.length))
for (const { measure: name, found, wanted } of lines)
  console.log(`${name.padEnd(width)}  ${found.padStart(12)}  ${wanted}`)
// With more work beside it than the machine has processors, every figure is smaller, and ratios of two programs to one too.
console.log(`load of the machine at the end: ${loadavg()[0]!.toFixed(1)}, processors: ${availableParallelism()}`)
