import { expect, it } from 'vitest'
import { make } from './fixtures.ts'
import { GitHubServer } from './github-server.ts'
import { only, world } from './harness.ts'

const MINUTE = 60_000
const LIVE = 'SELECT sha FROM github_commits WHERE _deleted_at IS NULL ORDER BY sha'

async function start() {
  const github = await GitHubServer.open()
  const repository = github.add('acme/shop', 41)
  const config = { repositories: ['acme/shop'], baseUrl: github.url }
  const { sync, rows } = await world()
  const next = async (): Promise<string[]> => {
    github.now += 10 * MINUTE
    await sync(config, only('commits'))
    return (await rows(LIVE)).map((row) => String(row['sha']))
  }
  return { github, repository, next, sync: () => sync(config, only('commits')) }
}

it('finds commits of an old date that come with a merge or a late push', async () => {
  const { github, repository, next } = await start()
  repository.push(['a', github.at(-9000)], ['b', github.at(-5000)])
  expect(await next()).toEqual(['a', 'b'])
  expect(await next()).toEqual(['a', 'b'])
  repository.commits.set('old', make.commit('old', github.at(-7000), ['a']))
  repository.merge('m', github.at(-1), 'old')
  expect(await next()).toEqual(['a', 'b', 'm', 'old'])
  // Made before the last sync, pushed after it.
  repository.push(['late', github.at(-5)])
  expect(await next()).toEqual(['a', 'b', 'late', 'm', 'old'])
})

it('marks commits that a force push took away, and takes the mark off when they come back', async () => {
  const { github, repository, next } = await start()
  repository.push(['a', github.at(-9000)], ['b', github.at(-5000)], ['c', github.at(-4000)])
  expect(await next()).toEqual(['a', 'b', 'c'])
  repository.head = 'a'
  repository.push(['b2', github.at(-4500)])
  expect(await next()).toEqual(['a', 'b2'])
  repository.head = 'c'
  expect(await next()).toEqual(['a', 'b', 'c'])
  repository.head = 'a'
  expect(await next()).toEqual(['a'])
})

it('reads everything again where the commit before is not known any more', async () => {
  const { github, repository, next } = await start()
  repository.push(['a', github.at(-9000)], ['b', github.at(-5000)])
  expect(await next()).toEqual(['a', 'b'])
  repository.commits.clear()
  repository.head = ''
  repository.push(['x', github.at(-8000)], ['y', github.at(-3000)])
  expect(await next()).toEqual(['x', 'y'])
})

it('reads a commit that is dated ahead once its date has come', async () => {
  const { github, repository, next } = await start()
  repository.push(['a', github.at(-9000)], ['ahead', github.at(35)])
  expect(await next()).toEqual(['a'])
  expect(await next()).toEqual(['a'])
  expect(await next()).toEqual(['a'])
  github.take()
  expect(await next()).toEqual(['a', 'ahead'])
})

it('goes on where the clock of the host that answers is behind', async () => {
  const { github, repository, next, sync } = await start()
  repository.push(['a', github.at(-9000)])
  await next()
  github.now -= 5000
  repository.push(['b', github.at(-1)])
  expect((await sync())['github_commits']).toMatchObject({ status: 'complete' })
  expect(await next()).toEqual(['a', 'b'])
})

it('takes an empty repository for one without commits, until there are some', async () => {
  const { github, repository, next } = await start()
  expect(await next()).toEqual([])
  repository.push(['a', github.at(-9000)])
  expect(await next()).toEqual(['a'])
})

it('compares more commits than a page holds', async () => {
  const { github, repository, next } = await start()
  repository.push(['a', github.at(-9000)])
  await next()
  for (let n = 0; n < 230; n++) repository.push([`late${n}`, github.at(-8000 + n * 10)])
  expect(await next()).toHaveLength(231)
})
