import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { CORE, compile, provide, scratch } from './built.ts'

const TUTORIAL = join(CORE, '..', '..', 'docs', 'writing-a-source.md')
const OPTIONS = {
  target: 'ES2024',
  lib: ['ES2024'],
  module: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  skipLibCheck: true,
  declaration: true,
  emitDeclarationOnly: true,
  rootDir: 'src',
  outDir: 'dist',
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: true,
}

/** The TypeScript blocks of a page, by the path in their first line. */
function filesIn(page: string): ReadonlyMap<string, string> {
  const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]!)
  return new Map(blocks.map((block) => [/^\/\/ (src\/\S+\.ts)$/m.exec(block)?.[1] ?? `unnamed: ${block}`, block]))
}

it('every block of the tutorial is a file, and together they are a package that compiles', {
  timeout: 60_000,
}, async () => {
  await using project = await scratch()
  await provide(project.path, 'installed')
  const files = filesIn(await readFile(TUTORIAL, 'utf8'))
  expect([...files.keys()].filter((path) => !path.startsWith('src/'))).toEqual([])
  expect(files.size).toBeGreaterThan(8)
  for (const [path, text] of files) {
    await mkdir(dirname(join(project.path, path)), { recursive: true })
    await writeFile(join(project.path, path), text)
  }
  await writeFile(join(project.path, 'package.json'), '{ "type": "module" }')
  await writeFile(join(project.path, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, include: ['src'] }))
  expect(await compile(project.path, 'tsconfig.json')).toBe('')
})
