import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

/** Machines and containers may share a folder for temporary files: a process is known by its host, too. */
const PREFIX = `tidemark-singer-${hostname().replace(/[^\w.]/g, '_')}-`

/** A folder that only its owner can read, for the files that a tap is given: they hold secrets. */
export class PrivateFolder implements AsyncDisposable {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  static async make(): Promise<PrivateFolder> {
    await removeLeftovers()
    // Made with mode 0700.
    return new PrivateFolder(await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)))
  }

  /** @returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.path, name)
    await writeFile(path, text, { mode: 0o600 })
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true })
  }
}

/** Removes what a process left that was killed. */
async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names) {
    if (!name.startsWith(PREFIX)) continue
    const pid = Number.parseInt(name.slice(PREFIX.length), 10)
    const path = join(tmpdir(), name)
    if (pid > 0 && (await isLeftover(pid, path))) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

async function isLeftover(pid: number, path: string): Promise<boolean> {
  if (pid !== process.pid) return !isAlive(pid)
  // In a container every runner may have the same number.
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
  return mtimeMs < Date.now() - process.uptime() * 1000
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
