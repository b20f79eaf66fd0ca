import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ProjectRecord, projectName, projectText } from '@tidemark/core/engine'
import { afterAll, expect, it } from 'vitest'
import { projectIdentity } from '../src/project-identity.ts'

const made: string[] = []
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true })
})

function folderOf(name: string | undefined, config?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-identity-'))
  made.push(folder)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name }))
  if (config !== undefined) writeFileSync(join(folder, 'tidemark.config.json'), config)
  return folder
}

const host = hostname()
const there = folderOf('app', '{}')
const gone = join(tmpdir(), 'tidemark-is-not-there')

it.each<[string, ProjectRecord, boolean]>([
  ['its own folder', { name: 'app', host, folder: 'own' }, true],
  ['its own folder under another name', { name: 'before', host, folder: 'own' }, true],
  ['a folder that is gone', { name: 'before', host, folder: gone }, true],
  ['a folder like its own', { name: 'app', host, folder: there }, true],
  ['a folder like its own, of another name', { name: 'other', host, folder: there }, false],
  ['another machine', { name: 'app', host: 'a-container', folder: '/app' }, true],
  ['another machine, under another name', { name: 'other', host: 'a-container', folder: '/app' }, false],
  ['a namespace', { namespace: 'second', name: 'app', host, folder: 'own' }, false],
])('a project is recorded by %s', (_, recorded, is) => {
  const own = folderOf('app', '{}')
  const { isOurs } = projectIdentity({ folder: own, dependencies: [] }, undefined)
  const folder = recorded.folder === 'own' ? own : recorded.folder
  expect(isOurs(projectText({ ...recorded, folder }), 'shop')).toBe(is)
})

it('a folder with another config is another project', () => {
  const own = folderOf('app', '{ "concurrency": 2 }')
  const { isOurs } = projectIdentity({ folder: own, dependencies: [] }, undefined)
  expect(isOurs(projectText({ name: 'app', host, folder: there }), 'shop')).toBe(false)
})

it('a namespace alone says who it is', () => {
  const { isOurs, record } = projectIdentity({ folder: folderOf(undefined), dependencies: [] }, 'second')
  expect(projectName(record)).toMatch(/^"second", /)
  expect(isOurs(projectText({ namespace: 'second', name: 'x', host: 'y', folder: '/z' }), 'shop')).toBe(true)
  expect(isOurs(projectText({ namespace: 'first', name: '', host, folder: gone }), 'shop')).toBe(false)
  expect(isOurs(projectText({ name: '', host, folder: gone }), 'shop')).toBe(false)
})

it('what cannot be read is another project', () => {
  const { isOurs } = projectIdentity({ folder: folderOf('app'), dependencies: [] }, undefined)
  expect(isOurs('nothing that was written here', 'shop')).toBe(false)
})
