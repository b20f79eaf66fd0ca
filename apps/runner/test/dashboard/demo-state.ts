import type { Seed, SeedPartition, SeedRow, SeedRun, SeedStep, SeedTable } from './seed-state.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const RUNS = 40

interface Demo {
  readonly source: string
  readonly name: string
  readonly status: SeedTable['status']
  readonly cursor: SeedTable['cursor']
  /** Days of history, and which of them are missing. */
  readonly days: number
  readonly holes?: readonly (readonly [from: number, to: number])[]
  readonly partitions?: readonly string[]
  /** Rows that a run writes about. */
  readonly pace: number
  readonly columns: NonNullable<SeedTable['columns']>
  readonly row: (at: number, random: () => number) => SeedRow
  readonly problem?: string
  /** How long ago it was read last. */
  readonly age?: number
}

/** A state like that of a small shop: what is fresh, what is coming, what fails, what waits. The same one at each call. */
export function demoState(now: number): Seed {
  const random = dice(7)
  const runs = demoRuns(now, random)
  return {
    tables: TABLES.map((table) => demoTable(table, now, random)),
    runs,
    rejects: demoRejects(now),
    changes: [
      ['shop_orders', 'column "discount_code" added', now - 3 * DAY],
      ['shop_orders', 'column "total" widened from integer to numeric', now - 41 * DAY],
      ['shop_orders', 'column "currency" added', now - 88 * DAY],
      ['shop_orders', 'table made with 6 columns', now - 300 * DAY],
    ],
  }
}

const NAMES = ['Ada Byron', 'Grace Hopper', 'Alan Turing', 'Mary Somerville', 'Emmy Noether', 'Carl Gauss']
const CITIES = ['Lisbon', 'Oslo', 'Graz', 'Utrecht', 'Turku', 'Bergamo']
const pick = <T>(list: readonly T[], random: () => number): T => list[Math.floor(random() * list.length)]!
const stamp = (at: number): string => new Date(at).toISOString()
const BASE = Date.parse('2026-06-01T08:00:00Z')

const PEOPLE: Demo['columns'] = [
  ['id', 'integer'],
  ['name', 'text'],
  ['city', 'text'],
  ['updated_at', 'timestamp'],
]
const person: Demo['row'] = (at, random) => ({
  id: 5000 + at,
  name: pick(NAMES, random),
  city: pick(CITIES, random),
  updated_at: stamp(BASE + at * 7 * MINUTE),
})
const ISSUES: Demo['columns'] = [
  ['number', 'integer'],
  ['title', 'text'],
  ['state', 'text'],
  ['updated_at', 'timestamp'],
]
const issue: Demo['row'] = (at, random) => ({
  number: 100 + at,
  title: pick(['Totals are rounded twice', 'Login fails behind a proxy', 'Export is slow', 'Typo in a mail'], random),
  state: pick(['open', 'closed'], random),
  updated_at: stamp(BASE + at * 11 * MINUTE),
})

const TABLES: readonly Demo[] = [
  {
    source: 'shop',
    name: 'shop_orders',
    status: 'complete',
    cursor: 'timestamp',
    days: 300,
    holes: [[96, 110]],
    pace: 420,
    columns: [
      ['id', 'integer'],
      ['customer', 'text'],
      ['total', 'numeric'],
      ['currency', 'text'],
      ['discount_code', 'text'],
      ['paid', 'boolean'],
      ['updated_at', 'timestamp'],
    ],
    row: (at, random) => ({
      id: 90_000 + at,
      customer: pick(NAMES, random),
      total: (random() * 400).toFixed(2),
      currency: pick(['EUR', 'EUR', 'NOK'], random),
      discount_code: random() < 0.2 ? 'SPRING' : null,
      paid: random() < 0.9 ? 1 : 0,
      updated_at: stamp(BASE + at * 5 * MINUTE),
    }),
  },
  {
    source: 'shop',
    name: 'shop_customers',
    status: 'complete',
    cursor: 'timestamp',
    days: 300,
    pace: 60,
    columns: PEOPLE,
    row: person,
  },
  {
    source: 'shop',
    name: 'shop_products',
    status: 'complete',
    cursor: 'none',
    days: 0,
    pace: 12,
    columns: PEOPLE,
    row: person,
  },
  {
    source: 'shop',
    name: 'shop_refunds',
    status: 'failing',
    cursor: 'timestamp',
    days: 300,
    holes: [[0, 0]],
    pace: 9,
    age: 2 * DAY + 3 * HOUR,
    columns: PEOPLE,
    row: person,
    problem:
      'the shop answers 403 to GET /v2/refunds: the token lacks the scope "refunds:read"; add it where the token was made',
  },
  {
    source: 'shop',
    name: 'shop_events',
    status: 'backfilling',
    cursor: 'timestamp',
    days: 700,
    holes: [
      [0, 430],
      [470, 480],
    ],
    pace: 5200,
    columns: PEOPLE,
    row: person,
  },
  {
    source: 'github',
    name: 'github_issues',
    status: 'complete',
    cursor: 'timestamp',
    days: 900,
    partitions: ['acme/shop', 'acme/site', 'acme/app', 'acme/infra', 'acme/docs'],
    pace: 24,
    columns: ISSUES,
    row: issue,
  },
  {
    source: 'github',
    name: 'github_pull_requests',
    status: 'backfilling',
    cursor: 'timestamp',
    days: 900,
    holes: [[0, 250]],
    partitions: ['acme/shop', 'acme/site', 'acme/app', 'acme/infra', 'acme/docs'],
    pace: 16,
    columns: ISSUES,
    row: issue,
  },
  {
    source: 'github',
    name: 'github_commits',
    status: 'complete',
    cursor: 'timestamp',
    days: 900,
    pace: 70,
    columns: ISSUES,
    row: issue,
  },
  {
    source: 'crm',
    name: 'crm_contacts',
    status: 'complete',
    cursor: 'timestamp',
    days: 540,
    pace: 33,
    columns: PEOPLE,
    row: person,
  },
  {
    source: 'crm',
    name: 'crm_deals',
    status: 'paused',
    cursor: 'timestamp',
    days: 540,
    pace: 7,
    age: 6 * DAY,
    columns: PEOPLE,
    row: person,
    problem: 'its primary key was id and is now deal_id; resync it with "tidemark resync crm_deals --full"',
  },
  {
    source: 'bank',
    name: 'bank_payments',
    status: 'complete',
    cursor: 'integer',
    days: 1200,
    pace: 150,
    columns: PEOPLE,
    row: person,
  },
  {
    source: 'files',
    name: 'files_budget',
    status: 'complete',
    cursor: 'none',
    days: 0,
    pace: 0,
    columns: PEOPLE,
    row: person,
  },
  {
    source: 'files',
    name: 'files_old_export',
    status: 'removed',
    cursor: 'none',
    days: 0,
    pace: 0,
    age: 60 * DAY,
    columns: PEOPLE,
    row: person,
  },
]

function demoTable(
  { days, holes = [], partitions = [''], age = 3 * MINUTE, ...table }: Demo,
  now: number,
  random: () => number,
): SeedTable {
  const start = table.cursor === 'integer' ? 0 : now - days * DAY
  const end = table.cursor === 'integer' ? days * 1000 : now - age
  const unit = table.cursor === 'integer' ? 1000 : DAY
  const covered: [number, number][] = []
  let from = start
  for (const [low, high] of holes) {
    if (low > 0) covered.push([from, start + low * unit])
    from = start + high * unit
  }
  covered.push([from, end])
  const failing = table.status === 'failing'
  return {
    ...table,
    lastSyncedAt: now - age,
    ...(table.status === 'paused' ? { pausedFor: table.problem! } : {}),
    rows: Array.from({ length: 60 + Math.floor(random() * 2000) + table.pace * 40 }, (_, at) => table.row(at, random)),
    partitions: partitions.map(
      (partition, at): SeedPartition => ({
        partition,
        start,
        covered:
          table.cursor === 'none'
            ? []
            : at === 0
              ? covered
              : covered.map(([low, high]) => [low + (low === start ? 0 : at * 40 * DAY), high]),
        ...(table.cursor === 'none' ? { completedAt: now - age } : {}),
        ...(failing ? { failures: 4, nextTryAt: now + 90 * SECOND, lastError: table.problem! } : {}),
      }),
    ),
  }
}

function demoRuns(now: number, random: () => number): readonly SeedRun[] {
  const active = TABLES.filter(({ status }) => status !== 'removed' && status !== 'paused')
  return Array.from({ length: RUNS }, (_, at): SeedRun => {
    const isLast = at === RUNS - 1
    const startedAt = now - (RUNS - 1 - at) * 5 * MINUTE - 70 * SECOND
    let clock = startedAt
    const steps = active.flatMap((table): readonly SeedStep[] => {
      const took = Math.round((300 + random() * 900) * (1 + table.pace / 400))
      const written = table.pace === 0 ? 0 : Math.round(table.pace * (0.4 + random() * 1.2))
      const isTimed = table.cursor === 'timestamp'
      const error =
        (table.name === 'shop_refunds' && at >= 34) || (table.name === 'github_issues' && at === 22)
          ? (table.problem ?? 'the connection broke (ECONNRESET)')
          : undefined
      const began = clock
      clock += took / 3
      const one: SeedStep = {
        table: table.name,
        partition: table.partitions?.[0] ?? '',
        kind: 'incremental',
        from: isTimed ? began - 5 * MINUTE : table.cursor === 'integer' ? at * 150 : null,
        to: isTimed ? began - (40 + random() * 60) * SECOND : table.cursor === 'integer' ? (at + 1) * 150 : null,
        beganAt: began,
        endedAt: began + took,
        written: error === undefined ? written : 0,
        rejected: table.name === 'shop_orders' && at % 13 === 5 ? 1 : 0,
        durationMs: took,
        writingMs: Math.round(took * (0.15 + random() * 0.3)),
        ...(error === undefined ? {} : { error }),
      }
      const underWay = isLast && table.status === 'backfilling' ? [under(table, now, 0), under(table, now, 1)] : []
      return [one, ...underWay]
    })
    const failed = steps.some(({ error }) => error !== undefined)
    return {
      run: at + 1,
      startedAt,
      endedAt: isLast ? null : clock + SECOND,
      exitCode: isLast ? null : failed ? 3 : 0,
      steps,
    }
  })
}

/** A window of history that is being read. */
function under(table: Demo, now: number, at: number): SeedStep {
  const start = now - table.days * DAY
  const high = start + (table.holes?.[0]?.[1] ?? 0) * DAY - at * 30 * DAY
  return {
    table: table.name,
    partition: table.partitions?.[0] ?? '',
    kind: 'backfill',
    from: high - 30 * DAY,
    to: high,
    beganAt: now - (24 - at * 9) * SECOND,
    endedAt: null,
    written: 12_400 - at * 5000,
    durationMs: 24_000 - at * 9000,
    writingMs: 4200,
  }
}

function demoRejects(now: number) {
  return [3, 2, 1].map((at) => ({
    table: 'shop_orders',
    run: RUNS - at * 13,
    step: 1,
    key: String(90_000 + at * 311),
    code: 'invalid',
    message: 'total: Invalid input: expected number, received "12,50"',
    payload: JSON.stringify({ id: 90_000 + at * 311, customer: 'Emmy Noether', total: '12,50', currency: 'EUR' }),
    at: now - at * 65 * MINUTE,
  }))
}

/** Numbers that look random and are the same each time. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
