import { readdir, readFile } from 'node:fs/promises'

interface Relation {
  readonly id: number
  readonly parent: number
  readonly group: number
}

/**
 * The memory that a process, its group and all that they started hold, in bytes. Pages that they share count once for each.
 *
 * @returns undefined where the system has no `/proc`, or the process is gone.
 */
export async function memoryOf(leader: number): Promise<number | undefined> {
  const names = await readdir('/proc').catch(() => [])
  const all = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(relationOf))
  const members = membersOf(
    leader,
    all.filter((one) => one !== undefined),
  )
  const sizes = await Promise.all(members.map(residentBytes))
  const known = sizes.filter((size) => size !== undefined)
  return known.length === 0 ? undefined : known.reduce((sum, size) => sum + size, 0)
}

function membersOf(leader: number, all: readonly Relation[]): readonly number[] {
  const members = new Set(all.filter(({ id, group }) => id === leader || group === leader).map(({ id }) => id))
  // Each pass finds the children of those found before.
  for (let before = -1; before !== members.size; ) {
    before = members.size
    for (const { id, parent } of all) if (members.has(parent)) members.add(id)
  }
  return [...members]
}

async function relationOf(name: string): Promise<Relation | undefined> {
  const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined)
  // `id (name) state parent group …`; the name may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields === undefined ? undefined : { id: Number(name), parent: Number(fields[1]), group: Number(fields[2]) }
}

async function residentBytes(id: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => undefined)
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
