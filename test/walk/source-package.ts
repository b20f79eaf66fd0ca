import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Writes a source package as a user would install it: plain JavaScript, core and zod as peers. What it does is steered
 * by the file that `WALK_CONTROL` names: where its data ends, and whether a read of table D fails or hangs below a date.
 * Every read is noted in the file that `WALK_LOG` names.
 */
export async function writeSourcePackage(folder: string, version: string, tables: readonly string[]): Promise<void> {
  await mkdir(join(folder, 'dist'), { recursive: true })
  const manifest = {
    name: 'tidemark-source-walk',
    version,
    type: 'module',
    exports: { '.': './dist/index.js', './package.json': './package.json' },
    tidemark: { source: './dist/index.js' },
    sideEffects: ['./dist/index.js'],
    files: ['dist'],
    peerDependencies: { '@tidemark/core': '^0.1.0', zod: '^4.1.0' },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2))
  await writeFile(join(folder, 'dist/index.js'), `const TABLES = ${JSON.stringify(tables)}\n${CODE}`)
}

const CODE = `
import { appendFileSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { days, defineSource, hours, register } from '@tidemark/core'
import { z } from 'zod'

const DAY = 86_400_000
const control = () => JSON.parse(readFileSync(process.env.WALK_CONTROL, 'utf8'))
const walk = defineSource({ name: 'walk' })

// One row a day, from ever on.
function* daysOf(from, to) {
  for (let at = Math.ceil(Date.parse(from) / DAY) * DAY; at < Date.parse(to); at += DAY) {
    yield { id: at / DAY, day: new Date(at).toISOString().slice(0, 10), updated_at: new Date(at).toISOString() }
  }
}

export default register(
  walk.with(
    TABLES.map((name) =>
      walk.table({
        name,
        row: z.object({ id: z.int(), day: z.iso.date(), updated_at: z.iso.datetime() }),
        primaryKey: ['id'],
        cursor: 'updated_at',
        lookback: hours(0),
        minAge: hours(0),
        window: name === 'D' ? days(100) : undefined,
        end: () => control().end,
        async *read({ from, to }) {
          appendFileSync(process.env.WALK_LOG, JSON.stringify({ table: name, from, to }) + '\\n')
          const { failBelow, hangBelow } = control()
          let page = []
          for (const row of daysOf(from, to)) {
            page.push(row)
            if (page.length < 40) continue
            yield page
            page = []
            if (name === 'D' && failBelow !== undefined && from < failBelow) throw new Error('the walk stumbled')
            if (name === 'D' && hangBelow !== undefined && from < hangBelow) await wait(60_000)
          }
          if (page.length > 0) yield page
        },
      }),
    ),
  ),
)
`
