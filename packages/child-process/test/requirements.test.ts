import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageIn, requirementsIn } from '../src/index.ts'

it('the lines of a requirements file are those that mean packages, with what they include', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-requirements-'))
  writeFileSync(
    join(folder, 'a.txt'),
    '\uFEFF# all\nrequests==2.31.0  # HTTP\r\n\n-r b.txt\nlong \\\n  >= 1\n-c c.txt\n',
  )
  writeFileSync(join(folder, 'b.txt'), 'pytz\n')
  writeFileSync(join(folder, 'c.txt'), 'urllib3<2\n')
  expect(await requirementsIn(folder, 'a.txt')).toEqual([
    'requests==2.31.0',
    'pytz',
    'long >= 1',
    `-c ${join(folder, 'c.txt')}`,
    '# urllib3<2',
  ])
  writeFileSync(join(folder, 'b.txt'), '-r a.txt\n')
  await expect(requirementsIn(folder, 'a.txt')).rejects.toThrow('includes itself')
})

it.each([
  ['Fivetran_Connector.SDK>=2', 'fivetran-connector-sdk'],
  ['snowflake-connector-python[pandas]==3.0', 'snowflake-connector-python'],
  ['requests ; python_version > "3"', 'requests'],
  ['pytz', 'pytz'],
  ['-r base.txt', undefined],
  ['https://example.com/a.whl', undefined],
])('%s requires %s', (line, name) => {
  expect(packageIn(line)).toBe(name)
})
