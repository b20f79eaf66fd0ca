import type { Source } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import type { AloneOptions, AlonePlace } from './alone/alone-place.ts'
import { type AloneCase, runAlone } from './alone/alone-run.ts'
import { WAYS } from './alone/fault-line.ts'
import type { Unchanged } from './source/options.ts'

const TIMEOUT_MS = 120_000
/** All of it, by hand; absent: what every change is tried with. */
const isWhole = process.env['TIDEMARK_ALONE'] === 'whole'

const CASES: readonly AloneCase[] = (['limit', 'itself'] as const).flatMap((ends) =>
  (['functions', 'system'] as const).flatMap((place) => WAYS.map((way) => ({ fault: way, in: place, ends }))),
)
/** The share of every change: each way once, and silence wherever it may be met. */
const SHARE = new Set([
  'hang functions limit',
  'hang functions itself',
  '429 functions limit',
  'hang system itself',
  'drip system limit',
  'cut system itself',
  '500 functions itself',
  'refuse functions itself',
])

interface Options<Given> extends Omit<AloneOptions, 'config'> {
  /** What a user writes under `config`; pass a function if it needs the folder, the url or the port. */
  readonly config?: Given | ((place: AlonePlace) => Given) | undefined
}

/**
 * Checks that a failing source does not affect the others, as a vitest suite: one call in a test file. Each function of the
 * contract hangs, drips, is refused, gets a 500 or 429, or breaks off, beside a healthy source whose rows must arrive within
 * five seconds; the broken source must release what it holds, and the run must end in time. If the source reads over a
 * network (`server` or `port`), the system itself also fails while a function calls it.
 *
 * With `TIDEMARK_ALONE=whole` in the environment, the suite tries every failure in every place; without it, a fixed selection.
 */
export function testAlone<Config, const Given extends Unchanged<Config>>(
  source: Source<Config>,
  options: Options<Given> = {},
): void {
  const isNetwork = options.server !== undefined || options.port !== undefined
  // All of it at once would be too much for a small machine, and slow is not broken.
  const suite = isWhole ? describe : describe.concurrent
  suite(`source ${source.name} stands alone`, () => {
    for (const one of CASES) {
      const name = `${one.fault} ${one.in} ${one.ends}`
      if ((one.in === 'system' && !isNetwork) || !(isWhole || SHARE.has(name))) continue
      it(titleOf(one), { timeout: TIMEOUT_MS }, async () => {
        expect(await runAlone(source as Source, options as AloneOptions, one)).toEqual([])
      })
    }
  })
}

function titleOf({ fault: way, in: place, ends }: AloneCase): string {
  const where = place === 'functions' ? 'each of its functions' : 'the system behind each of its functions'
  return `${where} goes wrong (${way}) beside a healthy source, and ${ends === 'limit' ? 'the time limit ends the run' : 'the run ends by itself'}`
}
