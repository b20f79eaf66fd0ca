import { failureOf } from '@tidemark/engine'
import type { z } from 'zod'
import type { Fault } from './fault-server.ts'
import type { Finding, Law } from './law.ts'
import { Lines } from './lines.ts'
import type { OpenPlace } from './place.ts'
import { read } from './reading.ts'
import { cut, textOf } from './row-text.ts'
import { secretsIn, unmarkedSecrets } from './secrets.ts'
import { shortWaits } from './short-waits.ts'
import type { SourceUnderTest } from './source-under-test.ts'

const DELAY = { 'retry-after': '2' }
const DELAY_MS = 2000

/** What a system may answer in the place of data, and what must follow. */
export const FAULTS = [
  { status: 401, headers: {}, remedy: 'fix-config', delay: false },
  { status: 429, headers: DELAY, remedy: 'retry', delay: true },
  { status: 503, headers: DELAY, remedy: 'retry', delay: true },
  { status: 500, headers: {}, remedy: 'retry', delay: false },
] as const

export const errorsLaw: Law = {
  name: 'errors',
  says: '401 asks for another config; 429 and 5xx are tried again, after the delay that was asked for',
  meaning:
    'a refused token is tried again and again, or a busy system fails a table that would have succeeded a minute later.',
  async check(world) {
    if (world.options.server === undefined) return []
    // Beside one another, each with a system of its own: a client that tries again by itself takes its time.
    return (await Promise.all(FAULTS.map((fault) => findingsOf(world, fault)))).flat()
  },
}

async function findingsOf(world: SourceUnderTest, fault: (typeof FAULTS)[number]): Promise<Finding[]> {
  await using place = await world.place()
  return (await failures(world, place, faultOf(fault))).flatMap((failed) => misjudged(failed, fault))
}

/** The fault without what must follow. */
export const faultOf = ({ status, headers }: (typeof FAULTS)[number]): Fault => ({ status, headers })

/** What is wrong with how a source failed under a fault. */
export function misjudged(
  { table, stage, error }: Failed,
  { status, remedy, delay }: (typeof FAULTS)[number],
): readonly Finding[] {
  const where = `answered ${status} ${stage}`
  if (error === undefined) return [{ table, example: `${where}, read() treated the answer as data` }]
  const failure = failureOf(error)
  if (failure.remedy !== remedy) {
    const said = cut(failure.message, 120)
    return [{ table, example: `${where}, the remedy is ${failure.remedy}, not ${remedy}: ${said}` }]
  }
  if (!delay || (failure.retryAfterMs ?? 0) >= DELAY_MS) return []
  const example = `${where} with "retry-after: 2", retryAfterMs is ${failure.retryAfterMs}, not ${DELAY_MS}`
  return [{ table, example }]
}

export interface Failed {
  readonly table: string | undefined
  readonly stage: string
  /** Undefined: it went on. */
  readonly error: unknown
}

/** What comes of a fault: from the first request on, and with the first request of each table's read. */
async function failures(
  world: SourceUnderTest,
  place: OpenPlace,
  fault: Fault,
  log = new Lines(),
): Promise<readonly Failed[]> {
  const { server } = place
  if (server === undefined) return []
  const under = async (work: () => Promise<unknown>): Promise<{ readonly error: unknown; readonly asked: boolean }> => {
    const before = server.requests
    server.fault = fault
    try {
      await work()
      return { error: undefined, asked: server.requests > before }
    } catch (error) {
      return { error: thrown(error), asked: true }
    } finally {
      server.fault = undefined
    }
  }
  const discovery = await under(async () => {
    await using opened = await world.open(place, { log, clock: shortWaits() })
    for (const table of opened.tables)
      for (const partition of await opened.partitions(table)) await opened.whole(table, partition)
  })
  const found: Failed[] = discovery.asked
    ? [{ table: undefined, stage: 'from the first request on', ...discovery }]
    : []
  await using opened = await world.open(place, { log, clock: shortWaits() })
  const reads: { readonly table: string; readonly read: () => Promise<unknown> }[] = []
  for (const table of world.tables(opened)) {
    const [partition] = await opened.partitions(table)
    if (partition === undefined) continue
    const range = await opened.whole(table, partition)
    reads.push({ table: table.name, read: () => read(opened, table, partition, range) })
  }
  let together: readonly PromiseSettledResult<unknown>[] = []
  await under(async () => {
    together = await Promise.allSettled(reads.map((one) => one.read()))
  })
  for (const [nth, { table, read }] of reads.entries()) {
    const outcome = together[nth]
    // Alone it shows whether it asked for anything.
    const alone = outcome?.status === 'rejected' ? { error: thrown(outcome.reason), asked: true } : await under(read)
    if (alone.asked) found.push({ table, stage: 'when it is read', error: alone.error })
  }
  return found
}

export const thrown = (error: unknown): unknown => error ?? new Error('undefined was thrown')

/** Answers in whose errors a source may quote what it asked. */
export const SECRET_FAULTS = [401, 404, 500]

export const secretsLaw: Law = {
  name: 'secrets',
  says: 'no secret of the config reaches a log line or an error',
  meaning: 'tokens and passwords end up in log files, tickets and screens.',
  async check(world) {
    await using place = await world.place()
    const schema = world.source.config as z.core.$ZodType | undefined
    return shownSecrets(schema, world.config(place), await said(world, place))
  },
}

/** What is wrong with the secrets of a config, and with what a source said. */
export function shownSecrets(
  schema: z.core.$ZodType | undefined,
  config: unknown,
  lines: readonly string[],
): readonly Finding[] {
  const findings: Finding[] = unmarkedSecrets(schema).map((name) => ({
    table: undefined,
    example: `config field "${name}" looks like a secret but is not declared with secret(), so nothing redacts it`,
  }))
  const secrets = secretsIn(schema, config)
  const short = secrets.find((secret) => secret.length < 8)
  if (short !== undefined)
    findings.push({
      table: undefined,
      example:
        'the secret of this test has fewer than 8 characters, so the check cannot search for it; use a longer one',
    })
  for (const secret of secrets) {
    const line = lines.find((one) => formsOf(secret).some((form) => one.includes(form)))
    if (line !== undefined)
      findings.push({ table: undefined, example: `a secret is in: ${cut(line.replaceAll(secret, '<the secret>'))}` })
  }
  return findings
}

function formsOf(secret: string): readonly string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]
}

/** Everything that the source says while it is read, and while it fails: through the log, the console, and in errors. */
async function said(world: SourceUnderTest, place: OpenPlace): Promise<readonly string[]> {
  const log = new Lines()
  const heard = listenToConsole(log.lines)
  const errors: unknown[] = []
  try {
    await using opened = await world.open(place, { log, clock: shortWaits() })
    for (const table of opened.tables) {
      for (const partition of (await opened.partitions(table)).slice(0, 3)) {
        const range = await opened.whole(table, partition)
        await table.revision?.(opened.question({ partition: partition.value, previous: undefined }))
        await read(opened, table, partition, range)
      }
    }
    for (const status of SECRET_FAULTS) {
      for (const { error } of await failures(world, place, { status }, log)) errors.push(error)
    }
  } catch (error) {
    errors.push(error)
  } finally {
    heard()
  }
  return [...log.lines, ...errors.map((error) => textOf(error))]
}

/** Takes down what the console prints until the result is called. */
export function listenToConsole(lines: string[]): () => void {
  const names = ['debug', 'error', 'info', 'log', 'warn'] as const
  const before = names.map((name) => console[name])
  for (const name of names) console[name] = (...values: unknown[]) => void lines.push(values.map(textOf).join(' '))
  return () => {
    for (const [nth, name] of names.entries()) console[name] = before[nth]!
  }
}
