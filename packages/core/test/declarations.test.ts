import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'vitest'
import { CORE, compile, provide, scratch } from './built.ts'

const FIXTURE = join(CORE, 'test', 'fixtures', 'source-declarations')

// Each starts compilers, so that they run at once and have time. The consumer also checks core's own declarations.
it.concurrent.for([
  { how: 'installed', configs: ['tsconfig.json', 'tsconfig.consumer.json'] },
  { how: 'linked', configs: ['tsconfig.json'] },
] as const)(
  "a source package's declarations build without an annotation and lose no type, core $how",
  async ({ how, configs }, { expect }) => {
    await using project = await scratch()
    await cp(FIXTURE, project.path, { recursive: true })
    await provide(project.path, how)
    // TS4023 and its sisters: an inferred type that has no name which may be imported.
    for (const config of configs) expect(await compile(project.path, config)).toBe('')
    const declared = await readFile(join(project.path, 'dist', 'source.d.ts'), 'utf8')
    expect(declared).toContain('import("@tidemark/core").SourceDraft<')
    expect(declared).not.toMatch(/\bany\b|node_modules|core\/(?:src|dist)/)
  },
)
