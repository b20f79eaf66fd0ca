import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { configIn, type Project } from './project.ts'
import { fails, follows, quotedIn, type WayOut, type World, works } from './way-out.ts'

/** A project with a database in which a table `orders` has two rows, and no updates. */
function databaseProject(world: World): Project {
  const project = world.project('sql')
  const database = new DatabaseSync(project.write('shop.db', ''))
  database.exec(
    `create table orders (id integer primary key, at datetime); create index orders_at on orders (at);
    insert into orders values (1, null), (2, null)`,
  )
  database.close()
  return project
}

const configure = (project: Project, orders: object): void =>
  project.config({ sources: { git: false, sql: { config: { url: 'sqlite:shop.db', tables: { orders } } } } })

function commit(project: Project, folder: string): void {
  project.git('init', '--quiet', folder)
  const author = ['-c', 'user.name=T', '-c', 'user.email=t@x']
  project.git('-C', folder, ...author, 'commit', '--quiet', '--allow-empty', '--message', 'one')
}

/** What databases and repositories say. */
export const OF_SYSTEMS: readonly WayOut[] = [
  {
    code: 'source-config',
    title: 'a cursor that a table does not have',
    async walk(world) {
      const project = databaseProject(world)
      configure(project, { cursor: 'idd' })
      const text = await fails(project, 'source-config', 'sync')
      configure(project, { cursor: quotedIn(text, 'did you mean') })
      await follows(project, text, 'sync')
      expect(project.count('sql_orders')).toBe(2)
    },
  },
  {
    code: 'no-repository',
    title: 'a folder that is not in a repository, and git left out',
    async walk(world) {
      const project = world.project('git')
      const text = await fails(project, 'no-repository', 'sync')
      project.config(configIn(text, /disable git, /))
      await works(project, 'sync')
    },
  },
  {
    code: 'no-repository',
    title: 'the same, and a repository named',
    async walk(world) {
      const project = world.project('git')
      const text = await fails(project, 'no-repository', 'sync')
      const config = configIn(text, /into the config, /)
      const [path] = /"(\.\.\/\w+)"/.exec(JSON.stringify(config))!.slice(1)
      commit(project, 'mine')
      project.config(JSON.parse(JSON.stringify(config).replace(path!, 'mine')) as Record<string, unknown>)
      await works(project, 'sync')
      expect(project.count('git_commits')).toBe(1)
    },
  },
  {
    code: 'no-git',
    title: 'a machine without git',
    async walk(world) {
      const project = world.project('git')
      commit(project, '.')
      project.env['PATH'] = '/nowhere'
      await fails(project, 'no-git', 'sync')
      project.config({ sources: { git: false } })
      await works(project, 'sync')
    },
  },
  {
    code: 'partial-clone',
    title: 'a clone without the contents of its files',
    async walk(world) {
      const project = world.project('git')
      project.git('init', '--quiet', 'origin')
      project.git('-C', 'origin', 'config', 'uploadpack.allowFilter', 'true')
      for (const text of ['one', 'two']) {
        project.write('origin/file.txt', `${text}\n`.repeat(50))
        project.git('-C', 'origin', 'add', '.')
        commit(project, 'origin')
      }
      project.git('clone', '--quiet', '--no-checkout', '--filter=blob:none', `file://${project.folder}/origin`, 'mine')
      project.config({ sources: { git: { config: { repositories: ['mine'] } } } })
      const text = await fails(project, 'partial-clone', 'sync')
      const [, command] = /run "(git fetch [^"]*)" there/.exec(text)!
      expect((await project.sh(`cd mine && ${command}`)).code).toBe(0)
      await works(project, 'sync')
      expect(project.count('git_commit_files')).toBe(2)
    },
  },
  {
    code: 'dubious-ownership',
    title: 'a repository of another user',
    async walk(world) {
      const project = world.project('git')
      commit(project, 'mine')
      project.config({ sources: { git: { config: { repositories: ['mine'] } } } })
      // git itself takes all repositories for another user's where this is set, and only a program before it may set it.
      const git = project.write(
        'home/bin/git',
        `#!/bin/sh\nGIT_TEST_ASSUME_DIFFERENT_OWNER=1 PATH='${process.env['PATH']}' exec git "$@"\n`,
      )
      chmodSync(git, 0o755)
      const text = await fails(project, 'dubious-ownership', 'sync')
      const [, command] = /run "(git config [^"]*)"/.exec(text)!
      expect((await project.sh(command!)).code).toBe(0)
      await works(project, 'sync')
      expect(project.count('git_commits')).toBe(1)
    },
  },
]
