import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Block } from './blocks.ts'

/** A folder outside of the repository in which all of its packages are installed, as links; gone with `using`. */
export class Scratch implements Disposable {
  readonly folder: string
  readonly #root: string

  constructor(root: string, dependencies: Readonly<Record<string, string>> = {}) {
    this.#root = root
    this.folder = mkdtempSync(join(tmpdir(), 'tidemark-docs-'))
    const manifest = { name: 'a-project', private: true, type: 'module', dependencies }
    this.write('package.json', JSON.stringify(manifest))
    const folders = globSync('{packages,apps,examples}/*/package.json', { cwd: root }).map((path) => dirname(path))
    for (const folder of folders) {
      const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as { name: string }
      this.#link(join(root, folder), name)
    }
    for (const name of ['zod', 'vitest', 'typescript', '@types/node'])
      this.#link(join(root, 'node_modules', name), name)
    this.#link(join(root, 'apps/runner/node_modules/kysely'), 'kysely')
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  #link(target: string, name: string): void {
    const place = join(this.folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(target, place)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Runs a program of Node in this folder. */
  run(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const { PATH = '', HOME = '' } = process.env
      const options = { cwd: this.folder, env: { PATH, HOME, ...env } }
      execFile(process.execPath, [file, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
      )
    })
  }

  /** What the compiler says of its TypeScript, as strictly as a new project has it; empty where all is well. */
  async compile(): Promise<string> {
    const compilerOptions = {
      ...{ target: 'ES2024', lib: ['ES2024', 'ESNext.Disposable'], module: 'NodeNext', types: ['node'], strict: true },
      ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true, exactOptionalPropertyTypes: true },
    }
    this.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    const tsc = join(this.#root, 'node_modules/typescript/bin/tsc')
    return (await this.run(tsc, ['-p', '.', '--pretty', 'false'])).stdout
  }
}

/** Compiles blocks, each a file of its own. @returns what is wrong, at the lines of the pages. */
export async function compileProblems(root: string, blocks: readonly Block[]): Promise<readonly string[]> {
  using scratch = new Scratch(root)
  for (const [nth, { text }] of blocks.entries()) scratch.write(`block-${nth}.ts`, `${text}\nexport {}\n`)
  const said = await scratch.compile()
  return said
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith(' '))
    .map((line) => {
      const [, nth, row, rest] = /^block-(\d+)\.ts\((\d+),\d+\): (.*)$/.exec(line) ?? []
      const block = blocks[Number(nth)]
      return block === undefined ? line : `${block.at} + ${row}: ${rest}`
    })
}
