import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { examine, placeOf } from '../src/index.ts'
import { onPostgres } from './postgres-place.ts'

const place = onPostgres()

it('a file that is not there is looked at where it would be made, and not made', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-examine-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const found = await examine(placeOf(join(folder, 'a/b/tidemark.db')))
  expect(found).toMatchObject({ kind: 'sqlite', problems: [] })
  expect(found.version).toMatch(/^3\./)
  expect(found.freeBytes).toBeGreaterThan(0)
  expect(readdirSync(folder)).toEqual([])
})

it('a role in Postgres is told what it may not do, and how it would be allowed', async () => {
  const { url, schema, server } = await place()
  expect(await examine(placeOf(url))).toMatchObject({
    kind: 'postgres',
    problems: [],
    version: expect.stringMatching(/^\d+/),
  })
  const role = `looks_${schema}`
  await server.execute(`create role ${role} login password 'examined'; grant usage on schema ${schema} to ${role};
    alter role ${role} set default_transaction_read_only = on`)
  const own = new URL(url)
  own.username = role
  own.password = 'examined'
  const { problems } = await examine(placeOf(own.href))
  expect(problems).toEqual([
    expect.stringMatching(
      /^transactions in postgres:.* are read-only; allow them: ALTER ROLE .* SET default_transaction_read_only = off$/,
    ),
    expect.stringMatching(
      new RegExp(
        `may not create tables in the schema "${schema}" .*; allow it: GRANT CREATE ON SCHEMA "${schema}" TO "${role}"$`,
      ),
    ),
  ])
  expect(problems.join()).not.toContain('examined')
})
