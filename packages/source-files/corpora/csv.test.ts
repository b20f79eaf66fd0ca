import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { judged, open, type Row } from '../test/harness.ts'
import { agreesWithText } from './agrees.ts'
import { type AskedFile, accountsOf, corpora } from './python.ts'

const require = createRequire(import.meta.url)
const vega = path.join(require.resolve('vega-datasets'), '../../data')
const spectrum = path.join(path.dirname(require.resolve('csv-spectrum/package.json')), 'csvs')
const pandas = path.join(corpora, 'pandas/pandas')

const found = (root: string, glob: string): string[] =>
  globSync(glob, { cwd: root })
    .sort()
    .map((file) => path.join(root, file))

/** How a file is written, where its name does not say so. */
const WRITTEN: Readonly<Record<string, Omit<AskedFile, 'path'>>> = {
  'sauron.SHIFT_JIS.csv': { encoding: 'shift_jis' },
  'utf16_ex.txt': { encoding: 'utf-16', delimiter: '\t' },
  'unicode_series.csv': { encoding: 'latin-1' },
  'unemployment.tsv': { delimiter: '\t' },
}

const files = [
  ...found(vega, '*.{csv,tsv}'),
  ...found(spectrum, '*.csv'),
  ...found(pandas, 'tests/**/*.csv'),
  ...found(pandas, 'tests/**/utf16_ex.txt'),
]
const asked = files.map((file): AskedFile => ({ path: file, ...WRITTEN[path.basename(file)] }))
const accounts = accountsOf<string>(asked)

it('both corpora are there', () => expect(files.length).toBeGreaterThan(70))

describe.each(asked.map((one, at) => [path.basename(one.path), one, accounts[at]!] as const))(
  '%s',
  (_name, one, account) => {
    const { path: file, encoding, delimiter } = one
    const table = {
      path: file,
      ...(encoding && { encoding: encoding === 'latin-1' ? 'latin1' : encoding }),
      ...(delimiter && { delimiter, format: 'tsv' }),
    }

    it('every text as Python reads it', async () => {
      expect(account.error).toBeUndefined()
      const { rows, names, ragged } = await readAll({ ...table, columns: 'text', nullString: [] })
      expect(rows).toEqual(whole(account.rows, names.length))
      // To Python an empty line is a row without values.
      expect(ragged).toBe(account.rows.filter(({ length }) => length > 0 && length !== names.length).length)
    })

    it('every value as it is written', async () => {
      const { rows, names, types } = await readAll(table)
      const wrong = whole(account.rows, names.length).flatMap((values, at) =>
        values.flatMap((text, column) =>
          agreesWithText(types[column]!, rows[at]![column], text)
            ? []
            : [`row ${at + 1}, ${names[column]} (${types[column]}): ${text} is ${String(rows[at]![column])}`],
        ),
      )
      expect(wrong).toEqual([])
    })
  },
)

const whole = (rows: readonly (readonly string[])[], width: number) => rows.filter((row) => row.length === width)

async function readAll({ columns, ...table }: Record<string, unknown>) {
  const found = await open({ t: table })
  const names = found.table().columns.map(({ name }) => name)
  const types = found.table().columns.map(({ type }) => type)
  const texts = Object.fromEntries(names.map((name) => [name, 'text']))
  const source = columns === 'text' ? await open({ t: { ...table, columns: texts } }) : found
  const all = await source.read()
  const { good, bad } = judged(source, all)
  return { rows: good.map((row: Row) => names.map((name) => row[name])), names, types, ragged: bad.length }
}
