import { mkdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type Change, testSource } from '@tidemark/testkit'
import git from '../src/index.ts'
import { Sandbox } from './sandbox.ts'

/** Two repositories, each with a few commits, a merge and a tag. */
function repositories(folder: string): void {
  for (const name of ['one', 'two']) {
    mkdirSync(join(folder, name))
    const sandbox = new Sandbox(join(folder, name))
    sandbox.git('init', '-q', '-b', 'main')
    for (let day = 1; day <= 6; day++)
      sandbox.commit({
        files: { [`${name}-${day}`]: `${day}` },
        at: `2026-01-0${day}T12:00:00Z`,
        message: `day ${day}`,
      })
    sandbox.git('checkout', '-q', '-b', 'side', 'HEAD~3')
    sandbox.commit({ files: { side: name }, at: '2026-01-04T18:00:00Z' })
    sandbox.git('checkout', '-q', 'main')
    sandbox.merge('side', '2026-01-08T00:00:00Z')
    sandbox.git('tag', 'v1', 'HEAD~1')
  }
}

let changes = 0

/** A commit of now on a new branch: what is new for each of the tables. */
function add({ partition }: Change): void {
  const sandbox = new Sandbox(partition)
  changes++
  sandbox.git('checkout', '-q', '-b', `change-${changes}`)
  sandbox.commit({ files: { [`change-${changes}`]: `${changes}` }, at: new Date().toISOString() })
}

/** Commits never change; a branch moves, and HEAD with it. */
function edit({ partition }: Change): void {
  new Sandbox(partition).commit({ files: { edited: `${changes++}` }, at: new Date().toISOString() })
}

/** All branches but one go. */
function remove({ partition }: Change): void {
  const sandbox = new Sandbox(partition)
  sandbox.git('checkout', '-q', 'main')
  const branches = sandbox.git('branch', '--format=%(refname:short)').split('\n')
  sandbox.git('branch', '-q', '-D', ...branches.filter((name) => name !== 'main'))
}

testSource(git, {
  fixtures: repositories,
  config: ({ folder }) => ({ repositories: ['one', 'two'].map((name) => realpathSync(join(folder, name))) }),
  add,
  edit,
  remove,
})
