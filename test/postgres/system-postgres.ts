import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'

/** A folder of installed versions, each under its major number: where packages of Debian put them, or another one. */
const VERSIONS = process.env['TIDEMARK_POSTGRES_VERSIONS'] ?? '/usr/lib/postgresql'

const binary = (major: number, name: string): string => `${VERSIONS}/${major}/bin/${name}`

/** Whether this machine has a Postgres of a version. */
export const hasPostgres = (major: number): boolean => existsSync(binary(major, 'postgres'))

interface SystemPostgresOptions {
  readonly major: number
  readonly data: string
  readonly port: number
  readonly flags: readonly string[]
  /** As a superuser of that name, whom nobody asks for a password. */
  readonly user: string
}

/** A server of the machine's own packages. */
export class SystemPostgres {
  process: ChildProcess | undefined
  readonly #options: SystemPostgresOptions

  constructor(options: SystemPostgresOptions) {
    this.#options = options
  }

  initialise(): void {
    const { major, data, user } = this.#options
    mkdirSync(data)
    const owner = ownerOf()
    if (owner.uid !== undefined) chownSync(data, owner.uid, owner.gid!)
    const flags = ['--encoding=UTF8', '--no-sync', '--auth=trust', `--username=${user}`]
    execFileSync(binary(major, 'initdb'), ['-D', data, ...flags], { ...owner, stdio: 'ignore', cwd: data })
  }

  async start(): Promise<void> {
    const { major, data, port, flags } = this.#options
    const sockets = ['-c', 'unix_socket_directories=']
    const child = spawn(binary(major, 'postgres'), ['-D', data, '-p', String(port), ...sockets, ...flags], {
      ...ownerOf(),
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: data,
    })
    this.process = child
    await new Promise<void>((resolve, reject) => {
      let said = ''
      child.stderr.on('data', (text) => {
        said = (said + text).slice(-10_000)
        if (said.includes('ready to accept connections')) resolve()
      })
      child.once('exit', () => reject(new Error(`Postgres ${major} did not start: ${said}`)))
    })
  }

  async stop(): Promise<void> {
    const child = this.process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGINT')
    await ended
  }
}

/** Its server refuses to run as root. */
function ownerOf(): { readonly uid?: number; readonly gid?: number } {
  if (userInfo().uid !== 0) return {}
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: idOf('-u'), gid: idOf('-g') }
}
