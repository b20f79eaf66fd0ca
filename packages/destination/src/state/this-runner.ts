import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Runner } from '@tidemark/core/engine'

/** This process, as it is stored in its leases. */
export function thisRunner(): Runner {
  const fallback = BigInt(Math.round(Date.now() - process.uptime() * 1000)) * 1000n
  return {
    id: `${machine()}-${randomUUID()}`,
    host: hostname(),
    pid: process.pid,
    startedAt: startOf(process.pid) ?? fallback,
  }
}

/**
 * Whether the process of another runner is still alive; undefined if this process cannot know, because the other one runs
 * on another machine or in another container.
 */
export function isAlive(runner: Runner): boolean | undefined {
  if (runner.host !== hostname() || !runner.id.startsWith(`${machine()}-`)) return undefined
  if (!exists(runner.pid)) return false
  const startedAt = startOf(runner.pid)
  if (startedAt === undefined) return undefined
  // A reused process id belongs to another process. Start times use the wall clock, which may have been set since.
  const apart = startedAt - runner.startedAt
  return apart > -TOLERANCE && apart < TOLERANCE
}

const TOLERANCE = 10_000_000n

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM'
  }
}

/** Identifies this boot of this machine and its process ids: containers often share a host name, and each counts from 1. */
function machine(): string {
  const facts = [
    () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'),
    () => readlinkSync('/proc/self/ns/pid'),
  ].map(attempt)
  return createHash('sha256').update(facts.join()).digest('hex').slice(0, 8)
}

/** When a process started, in microseconds since 1970, if the system reports it (Linux: proc(5), field 22). */
function startOf(pid: number): bigint | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const bootedAt = /^btime (\d+)$/m.exec(attempt(() => readFileSync('/proc/stat', 'utf8')) ?? '')?.[1]
  // The second field is the command in parentheses and may hold anything.
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  if (ticks === undefined || bootedAt === undefined) return undefined
  return BigInt(bootedAt) * 1_000_000n + BigInt(ticks) * 10_000n
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
