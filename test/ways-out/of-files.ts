import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect } from 'vitest'
import { configIn, type Project } from './project.ts'
import { fails, follows, quotedIn, type WayOut, type World, works } from './way-out.ts'

/** A project with a table `t` of one file. */
function fileProject(world: World, name: string, content: string | Uint8Array): Project {
  const project = world.project('files')
  project.write(name, content)
  configure(project, { path: name })
  return project
}

function configure(project: Project, table: object): void {
  project.config({ sources: { git: false, files: { config: { tables: { t: { minAge: '0s', ...table } } } } } })
}

const KEYED = 'id,a\n1,x\n2,y\n'

/** What files say that are not as they should be. */
export const OF_FILES: readonly WayOut[] = [
  {
    code: 'source-config',
    title: 'a CSV whose last row is short',
    async walk(world) {
      const project = fileProject(world, 's.csv', 'id,a,b\n1,2,3\n2,3')
      const text = await fails(project, 'source-config', 'sync')
      configure(project, { path: 's.csv', ...configIn(text, /is meant to be short, set /) })
      await follows(project, text, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'reject-limit',
    title: 'a CSV whose rows are short',
    async walk(world) {
      const rows = Array.from({ length: 200 }, (_, id) => `${id},x\n`).join('')
      const project = fileProject(world, 's.csv', `id,a,b\n1,2,3\n${rows}`)
      const text = await fails(project, 'reject-limit', 'sync')
      expect(text).not.toContain('report it to its author')
      configure(project, { path: 's.csv', ...configIn(text, /(?=["']?shortRows)/) })
      await works(project, 'sync')
      expect(project.count('files_t')).toBe(201)
    },
  },
  {
    code: 'reject-limit',
    title: 'a column of another type',
    async walk(world) {
      const project = fileProject(world, 'm.csv', KEYED)
      configure(project, { path: 'm.csv', columns: { a: 'integer' } })
      const text = await fails(project, 'reject-limit', 'sync')
      const [, type] = /the type (\w+) fits/.exec(text)!
      configure(project, { path: 'm.csv', columns: { a: type } })
      await works(project, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'source-config',
    title: 'a file that bzip2 compressed, written with what the message names',
    async walk(world) {
      const project = fileProject(world, 'b.csv.bz2', 'BZh91AY&SY')
      const text = await fails(project, 'source-config', 'sync')
      const [, ending] = /compressed with bzip2, .* or write it as (\.gz) or \.zst/.exec(text)!
      project.write(`b.csv${ending}`, gzipSync(KEYED))
      configure(project, { path: `b.csv${ending}` })
      await follows(project, text, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'source-config',
    title: 'a compressed file without its ending',
    async walk(world) {
      const project = fileProject(world, 'z.csv', gzipSync(KEYED))
      const text = await fails(project, 'source-config', 'sync')
      const [, file, ending] = /file (\S+) is compressed .* does not end in (\.\w+): rename it/.exec(text)!
      renameSync(file!, file! + ending)
      configure(project, { path: `z.csv${ending}` })
      await follows(project, text, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'source-config',
    title: 'a file in another encoding',
    async walk(world) {
      const project = fileProject(world, 'l.csv', Buffer.from('id,a\n1,caf\xe9\n', 'latin1'))
      const text = await fails(project, 'source-config', 'sync')
      configure(project, { path: 'l.csv', encoding: quotedIn(text, 'such as') })
      await follows(project, text, 'sync')
      expect(project.count('files_t', "a = 'café'")).toBe(1)
    },
  },
  {
    code: 'source-config',
    title: 'a file whose ending says nothing',
    async walk(world) {
      const project = fileProject(world, 'u.txt', KEYED)
      const text = await fails(project, 'source-config', 'sync')
      const [, key, format] = /set tables\.t\.(format) to one of (\w+)/.exec(text)!
      configure(project, { path: 'u.txt', [key!]: format })
      await follows(project, text, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'source-config',
    title: 'a key that no file has',
    async walk(world) {
      const project = fileProject(world, 'k.csv', KEYED)
      configure(project, { path: 'k.csv', primaryKey: ['idd'] })
      const text = await fails(project, 'source-config', 'sync')
      configure(project, { path: 'k.csv', primaryKey: [quotedIn(text, 'did you mean')] })
      await works(project, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'source-config',
    title: 'a misspelt path',
    async walk(world) {
      const project = fileProject(world, 'in/orders.csv', KEYED)
      configure(project, { path: 'in/oders.csv' })
      const text = await fails(project, 'source-config', 'sync')
      const [, path] = /the folder \S+ has "?([\w.]+)/.exec(text)!
      configure(project, { path: `in/${path}` })
      await works(project, 'sync')
      expect(project.count('files_t')).toBe(2)
    },
  },
  {
    code: 'config',
    title: 'an address where a path belongs',
    async walk(world) {
      for (const path of ['s3://bucket/orders.csv', 'https://shop.example/orders.csv']) {
        const project = fileProject(world, 'orders.csv', KEYED)
        configure(project, { path })
        expect(await fails(project, 'config', 'sync')).toContain('download the files first')
        configure(project, { path: join(project.folder, 'orders.csv') })
        await works(project, 'sync')
      }
    },
  },
  {
    code: 'config',
    title: 'no table at all',
    async walk(world) {
      const project = fileProject(world, 'data/orders.csv', KEYED)
      project.config({ sources: { git: false, files: { config: { tables: {} } } } })
      const text = await fails(project, 'config', 'sync')
      const tables = configIn(text, /write tables here, such as /)
      project.config({ sources: { git: false, files: { config: { tables } } } })
      await works(project, 'sync')
      expect(project.count('files_orders')).toBe(2)
    },
  },
]
