import { readdirSync, readFileSync } from 'node:fs'
import type { PostgresServer } from '@tidemark/postgres-server'

/** The kernel counts processor time of other processes in hundredths of a second. */
const TICKS = 100

/** Processor seconds, of the user and of the system, that some work takes: of this process, and of all of a server. */
export async function processorSeconds(work: () => unknown, server?: PostgresServer): Promise<number> {
  const postmaster = server === undefined ? undefined : await postmasterOf(server)
  const before = postmaster === undefined ? 0 : ticksOf(postmaster)
  const own = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(own)
  const after = postmaster === undefined ? 0 : ticksOf(postmaster)
  return (user + system) / 1e6 + (after - before) / TICKS
}

async function postmasterOf(server: PostgresServer): Promise<number> {
  const [[folder] = []] = await server.rows('show data_directory')
  return Number(readFileSync(`${folder}/postmaster.pid`, 'utf8').split('\n')[0])
}

/** Of a postmaster, of its children, and of those that have ended. */
function ticksOf(postmaster: number): number {
  let ticks = 0
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const fields = statOf(name)
    if (fields === undefined) continue
    const [utime, stime, ended, endedSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number]
    if (Number(name) === postmaster) ticks += utime + stime + ended + endedSystem
    else if (Number(fields[1]) === postmaster) ticks += utime + stime
  }
  return ticks
}

/** The fields of a process behind its name, which may hold blanks. */
function statOf(pid: string): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
