import { describe, expect, it } from 'vitest'
import { shop } from './notify/moody-source.ts'
import { dailySource, type TestProject } from './test-project.ts'

async function synced(): Promise<TestProject> {
  const { project, mood } = shop({})
  project.install('daily', dailySource('daily', ['days', 'weeks']))
  await project.run(['sync'])
  mood({ fails: ['orders'] })
  await project.run(['sync'])
  return project
}

interface Shown {
  readonly to_timestamp: string | null
  readonly synced_tables: readonly string[]
  readonly tables: readonly { readonly name: string }[]
}

/** The first line, and the names of the tables below it. */
function shownIn(stdout: string): readonly (string | undefined)[] {
  const [first, ...lines] = stdout.split('\n')
  return [first, ...lines.flatMap((line) => /^((?:shop|daily)_\w+) +\w/.exec(line)?.[1] ?? [])]
}

describe('status', () => {
  it('shows what is named, and says of that alone how far it is', async () => {
    const project = await synced()
    const shown = async (...args: string[]): Promise<readonly (string | undefined)[]> =>
      shownIn((await project.run(['status', ...args])).stdout)
    const all = ['daily_days', 'daily_weeks', 'shop_customers', 'shop_orders']
    expect(await shown()).toEqual(['Not every table is up to date: of 4, 1 failing.', ...all])
    expect(await shown('daily')).toEqual([
      'Every named table is complete up to 2026-01-31T23:59:00Z.',
      'daily_days',
      'daily_weeks',
    ])
    expect(await shown('daily_weeks', 'shop_orders')).toEqual([
      'Not every named table is up to date: of 2, 1 failing.',
      'daily_weeks',
      'shop_orders',
    ])
    // By its name in the source.
    expect((await shown('customers')).slice(1)).toEqual(['shop_customers'])
    expect(await shown('--failing')).toEqual(['Not every table is up to date: of 4, 1 failing.', 'shop_orders'])
    expect(await shown('daily', '--failing')).toEqual(['Every named table is complete up to 2026-01-31T23:59:00Z.'])
    const json = JSON.parse((await project.run(['status', 'daily', '--json'])).stdout) as Shown
    expect([json.to_timestamp, json.synced_tables]).toEqual(['2026-01-31T23:59:00Z', ['daily_days', 'daily_weeks']])
    const failing = JSON.parse((await project.run(['status', '--failing', '--json'])).stdout) as Shown
    expect(failing.tables.map(({ name }) => name)).toEqual(['shop_orders'])
  })

  it('refuses a name that nothing has, and says which are near', async () => {
    const project = await synced()
    const { code, stderr } = await project.run(['status', 'shop_order'])
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/no table and no source is called "shop_order"; did you mean "?shop_orders/),
    ])
  })

  it('shows times with their zone', async () => {
    const { stdout } = await (await synced()).run(['status', 'daily_days'])
    expect(stdout).toMatch(/ \d{4}-\d\d-\d\d \d\d:\d\dZ/)
    expect(stdout).not.toMatch(/\d\d:\d\d(?![\d:Z.])/)
  })
})

it('plan estimates a run by what such windows took before', async () => {
  const { project } = shop({})
  const fresh = JSON.parse((await project.run(['plan', '--json'])).stdout) as { estimate: unknown }
  expect(fresh.estimate).toMatchObject({ ms: null, requests: null })
  await project.run(['sync'])
  const { stdout } = await project.run(['plan'])
  expect(stdout).toMatch(/\nEstimate of the run: about 1 s, about 2 requests\.\n$/)
  const known = JSON.parse((await project.run(['plan', '--json'])).stdout) as { estimate: unknown }
  expect(known.estimate).toMatchObject({ ms: expect.any(Number), windows: 2, unknown_windows: 0 })
})
