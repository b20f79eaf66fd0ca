import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Done, run } from '../walk/shell.ts'

const PNPM = 'pnpm@12.18.0'
/** Everything that is published. */
const PACKED = ['packages/*', 'apps/*']

/** Builds and packs everything that is published. @returns the tarball of each package, by its name. */
export async function packAll(repository: string, into: string): Promise<ReadonlyMap<string, string>> {
  const built = await run('npx', ['-y', PNPM, 'turbo', 'run', 'build', '--output-logs=errors-only'], {
    cwd: repository,
  })
  if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`)
  const patterns = PACKED.map((pattern) => `--filter=./${pattern}`)
  const packed = await run('npx', ['-y', PNPM, '--recursive', ...patterns, 'pack', '--pack-destination', into], {
    cwd: repository,
  })
  if (packed.code !== 0) throw new Error(`the packages cannot be packed:\n${packed.stdout}${packed.stderr}`)
  const found = new Map<string, string>()
  for (const manifest of PACKED.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: repository }))) {
    const { name, version } = JSON.parse(readFileSync(join(repository, manifest), 'utf8')) as Record<string, string>
    found.set(name!, join(into, `${name!.replace('@', '').replace('/', '-')}-${version}.tgz`))
  }
  return found
}

export type Manager = 'npm' | 'pnpm'

/** A folder outside of the workspace, with a package manager and Node, and nothing else of this repository. */
export class Outside {
  readonly folder: string
  readonly manager: Manager
  readonly #path: string
  readonly #tarballs: ReadonlyMap<string, string>

  constructor(folder: string, manager: Manager, tarballs: ReadonlyMap<string, string>) {
    this.folder = folder
    this.manager = manager
    this.#tarballs = tarballs
    this.#path = join(folder, 'bin')
    mkdirSync(this.#path, { recursive: true })
    symlinkSync(process.execPath, join(this.#path, 'node'))
  }

  /** Runs a command; its output where it fails. */
  async run(cwd: string, command: string, ...args: readonly string[]): Promise<Done> {
    return this.#run(cwd, [command, ...args], {})
  }

  /** Runs a line of a shell, with variables that were exported before. */
  async shell(cwd: string, line: string, variables: Readonly<Record<string, string>>): Promise<Done> {
    return this.#run(cwd, ['bash', '-euc', line], variables)
  }

  #run(cwd: string, [command = '', ...args]: readonly string[], own: NodeJS.ProcessEnv): Promise<Done> {
    // A certificate of the network belongs to the machine, like its path.
    const { NODE_EXTRA_CA_CERTS, PATH = '' } = process.env
    const certificates = NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }
    const path = [this.#path, ...PATH.split(':').filter((one) => !one.includes('node_modules'))].join(':')
    return run(command, args, { cwd: join(this.folder, cwd), env: { PATH: path, ...certificates, ...own } })
  }

  /** Runs the package manager. */
  async manage(cwd: string, ...args: readonly string[]): Promise<Done> {
    return this.manager === 'npm' ? this.run(cwd, 'npm', ...args) : this.run(cwd, 'npx', '-y', PNPM, ...args)
  }

  /** Adds packages of ours, as `npm install <names>` does once they are published. */
  async add(cwd: string, names: readonly string[]): Promise<Done> {
    const file = join(this.folder, cwd, 'package.json')
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> }
    const dependencies = { ...manifest.dependencies, ...Object.fromEntries(names.map((name) => [name, '*'])) }
    writeFileSync(file, JSON.stringify({ ...manifest, dependencies }))
    this.fromTarballs(cwd)
    // A plain install of pnpm takes the lock file as it is where `CI` is set; what is added changes it.
    return this.manage(cwd, 'install', ...(this.manager === 'pnpm' ? ['--no-frozen-lockfile'] : []))
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  /**
   * Lets a project take Tidemark's packages from the tarballs, and nothing else be changed.
   * @param built the package from git, with its commit, that pnpm may build: it runs no scripts unasked.
   */
  fromTarballs(cwd: string, built?: string): void {
    const file = join(this.folder, cwd, 'package.json')
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>
    const specs = Object.fromEntries([...this.#tarballs].map(([name, tarball]) => [name, `file:${tarball}`]))
    for (const kind of ['dependencies', 'devDependencies']) {
      for (const name of Object.keys(manifest[kind] ?? {})) {
        const spec = specs[name]
        if (spec !== undefined) manifest[kind]![name] = spec
      }
    }
    if (this.manager === 'npm') manifest['overrides'] = specs
    else {
      const lines = Object.entries(specs).map(([name, spec]) => `  '${name}': '${spec}'`)
      const build = `# Built for Node alone.\nallowBuilds:\n  esbuild: false\n${built === undefined ? '' : `  '${built}': true\n`}`
      writeFileSync(join(this.folder, cwd, 'pnpm-workspace.yaml'), `overrides:\n${lines.join('\n')}\n${build}`)
    }
    writeFileSync(file, JSON.stringify(manifest, null, 2))
  }
}
