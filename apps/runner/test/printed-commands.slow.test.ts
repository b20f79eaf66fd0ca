import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type TestProject, testProject } from './test-project.ts'

const NAMES = [
  'x$(touch owned)',
  '`touch owned`',
  "it's",
  'orders.2024',
  'a "b"',
  'two\nlines',
  'a&touch owned|b>owned',
]

// A table of each name is read, then the half of them have another key, and the others throw.
const source = (broken: boolean) => `
import { defineSource, register } from '@tidemark/core'
import { z } from 'zod'
const source = defineSource({ name: 'evil' })
const row = z.object({ id: z.int(), text: z.string() })
export default register(source.with(${JSON.stringify(NAMES)}.flatMap((name) => [
  source.table({ name, row, primaryKey: ['id'], async *read() {
    if (${broken}) throw new Error('no')
    yield [{ id: 1, text: 'a' }, { id: 2, text: 7 }]
  } }),
  source.table({ name: 'p ' + name, row, primaryKey: [${broken} ? 'text' : 'id'], async *read() { yield [{ id: 1, text: 'a' }, { id: 2, text: 7 }] } }),
])))`

it('every printed command can be pasted, whatever tables are called', async () => {
  const project = testProject()
  const stub = project.write('bin/npx', '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done\n')
  chmodSync(stub, 0o755)
  chmodSync(project.write('bin/tidemark', '#!/bin/sh\nexec npx tidemark "$@"\n'), 0o755)
  project.install('evil', source(false))
  const one = (name: string) => `evil_${name}`
  const pasted = async (args: readonly string[]): Promise<readonly string[]> => {
    const { stdout, stderr } = await project.run(args)
    return commandsIn(stdout + stderr).map((text) => argvOf(project, text).join(' '))
  }

  expect(await pasted(['sync', '--', one(NAMES[0]!)])).toEqual([
    `tidemark rejects list ${one(NAMES[0]!)}`,
    `tidemark query select * from "${one(NAMES[0]!)}" limit 10`,
  ])
  await project.run(['sync'])
  for (const name of NAMES) {
    const table = one(name)
    const query = `select * from "${table.replaceAll('"', '""')}" limit 10`
    expect(await pasted(['sync', table])).toContain(`tidemark query ${query}`)
    const { stdout } = await project.run(['query', query, '--json'])
    expect(JSON.parse(stdout).rows).toHaveLength(1)
    expect(await pasted(['verify', table])).toContain(`tidemark rejects list ${table}`)
  }
  project.install('evil', source(true))
  const failed = await pasted(['sync'])
  const planned = await pasted(['plan'])
  for (const name of NAMES) {
    expect(failed).toContain(`tidemark sync ${one(name)}`)
    expect(failed).toContain(`tidemark resync ${one(`p ${name}`)} --full`)
    expect(planned).toContain(`tidemark resync ${one(`p ${name}`)} --full`)
    expect((await project.run(['resync', one(`p ${name}`), '--full', '--yes', '--json'])).stdout).toContain(
      '"exit_code": 0',
    )
  }
  expect(existsSync(join(project.folder, 'owned'))).toBe(false)
})

/** What a user would mark and copy: from the program's name to the end of the command. */
function commandsIn(text: string): readonly string[] {
  const quoted = [...text.matchAll(/"(tidemark [a-z][^"]*)"/g)].map(([, command]) => command!)
  const others = [...text.matchAll(/(?:npx |with )?tidemark (?:sync|resync|verify|query|rejects|status)\b.*/g)]
    .map(([command]) =>
      command.replace(/^with /, '').replace(/(?:; see |; to retry after|; to sync it again|, or set).*$/, ''),
    )
    .filter((command) => !quoted.some((one) => command.startsWith(one)))
  return [...quoted, ...others]
}

function argvOf({ folder }: TestProject, command: string): readonly string[] {
  const { stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: folder,
    env: { PATH: `${join(folder, 'bin')}:${process.env['PATH']}` },
    encoding: 'utf8',
  })
  expect(stderr, command).toBe('')
  return stdout.split('\0').slice(0, -1)
}
