import { SyncError } from '@tidemark/core'
import type { Destination } from '@tidemark/core/engine'
import { expect } from 'vitest'
import { z } from 'zod'
import type { RangeOptions } from '../src/plan/asked-range.ts'
import { type Kind, PARTITIONS } from './hard-kinds.ts'
import { instant, openMemory, type Row, rowsIn, run, type Spec, System, sorted } from './system.ts'

/** What a system, its users and the runs over it do to each other. */
export type Turn =
  | { readonly type: 'put'; readonly id: number; readonly late: number; readonly in: number; readonly bad: boolean }
  | { readonly type: 'delete'; readonly id: number; readonly in: number }
  | { readonly type: 'wait'; readonly seconds: number }
  | { readonly type: 'run'; readonly failAt: number | undefined; readonly isShort: boolean }
  /** A run of a range of the table, some of them for one partition. */
  | {
      readonly type: 'range'
      readonly back: number
      readonly length: number
      readonly in: number
      readonly isAlone: boolean
      readonly failAt: number | undefined
    }
  /** The clock of the machine is ahead for one run; the next one notices. */
  | { readonly type: 'ahead'; readonly by: number }
  /** The source no longer lists a partition, or lists it again. */
  | { readonly type: 'list'; readonly in: number }
  | { readonly type: 'start'; readonly earlier: number }

const LOOKBACK = 60
const fitting = z.object({
  id: z.int(),
  at: z.iso.datetime(),
  text: z.string().refine((text) => !text.startsWith('bad')),
})

/** Partitions that come and go, rows that do not fit, clocks that are ahead, runs that break or stop early. */
export class HardWorld {
  readonly system = new System()
  readonly #kind: Kind
  readonly #destination: Destination
  readonly #rows: Map<string, Row[]>
  readonly #listed: Set<string>
  readonly #deletedAt = new Map<string, number>()
  /** Where rows of a partition were and are, one entry for each change: their number is its revision. */
  readonly #places: Map<string, number[]>
  #start = 800

  private constructor(kind: Kind, destination: Destination) {
    this.#kind = kind
    this.#destination = destination
    const names = kind.partitioned ? PARTITIONS : ['']
    this.#rows = new Map(names.map((name) => [name, []]))
    this.#places = new Map(names.map((name) => [name, []]))
    this.#listed = new Set(names)
    this.#list()
  }

  static async of(kind: Kind): Promise<HardWorld> {
    return new HardWorld(kind, await openMemory())
  }

  async close(): Promise<void> {
    await this.#destination.close()
  }

  async take(turn: Turn): Promise<void> {
    switch (turn.type) {
      case 'wait':
        this.system.now += turn.seconds
        return
      case 'start':
        this.#start -= turn.earlier
        return
      case 'put':
        this.#put(turn.id, this.#name(turn.in), turn.late, turn.bad)
        return
      case 'delete':
        this.#delete(turn.id, this.#name(turn.in))
        return
      case 'list': {
        if (!this.#kind.partitioned) return
        const name = this.#name(turn.in)
        if (!this.#listed.delete(name)) this.#listed.add(name)
        this.#list()
        return
      }
      case 'run':
        await this.#run(turn.failAt, turn.isShort)
        return
      case 'range':
        await this.#runRange(turn)
        return
      case 'ahead': {
        if (this.#kind.revision === true) return
        const { now } = this.system
        this.system.now += LOOKBACK + turn.by
        await this.#run()
        this.system.now = now
        await this.#run()
      }
    }
  }

  /** After a run that nothing disturbed: what is there is what the source holds, and every bad row is a reject. */
  async check(): Promise<void> {
    for (const name of this.#rows.keys()) this.#listed.add(name)
    this.#list()
    this.system.now++
    let code = await this.#run()
    if (this.#kind.spec['keyRanges'] !== undefined) {
      // One that was broken off is as old as its first range: what changed since comes with the next full refresh.
      this.system.now++
      code = await this.#run()
    }
    if (code === 4) {
      // A partition of bad rows alone does not count as read; beside rows that fit they are rejected, and no obstacle.
      for (const partition of this.#rows.keys()) for (let id = 100; id < 120; id++) this.#put(id, partition, 1, false)
      this.system.now++
      expect(await this.#run()).toBe(0)
    }
    for (const [partition, rows] of this.#rows) {
      const wanted = rows.filter((row) => this.#isWanted(row))
      const bad = new Set(wanted.filter(isBad).map(({ id }) => id))
      const found = await rowsIn(this.#destination, this.#kind.partitioned ? { partition } : {})
      const good = (all: readonly Row[]) => all.filter((row) => this.#isWanted(row) && !bad.has(row.id))
      expect(good(found), partition).toEqual(sorted(good(wanted)))
      const { rows: rejects } = await this.#destination.query(
        `select payload from _tidemark_rejects where partition = '${partition}'`,
      )
      const rejected = rejects.map(([payload]) => (JSON.parse(String(payload)) as { readonly id: number }).id)
      for (const id of bad) expect(rejected, partition).toContain(id)
    }
  }

  #isWanted(row: Row): boolean {
    return this.#kind.spec['cursor'] === null || this.#kind.open === true || row.at >= this.#start
  }

  #name(at: number): string {
    return this.#kind.partitioned ? PARTITIONS[at % PARTITIONS.length]! : ''
  }

  #list(): void {
    this.system.rows = new Map([...this.#rows].filter(([name]) => this.#listed.has(name)))
  }

  #put(id: number, partition: string, late: number, bad: boolean): void {
    const rows = this.#rows.get(partition)!
    const known = rows.find((row) => row.id === id)
    // A source that says what is stale may change rows of any age.
    const age = this.#kind.revision === true ? late * 10 : late
    const { now } = this.system
    const at = Math.max(now - age, (known?.at ?? 0) + 1, (this.#deletedAt.get(`${partition} ${id}`) ?? 0) + 1)
    if (at >= now || (!this.#kind.keyed && known !== undefined)) return
    this.#set(partition, [...rows.filter((row) => row.id !== id), { id, at, text: `${bad ? 'bad ' : ''}${now}` }])
    this.system.deletions = this.system.deletions.filter((one) => one.id !== id || (one.partition ?? '') !== partition)
  }

  #delete(id: number, partition: string): void {
    const rows = this.#rows.get(partition)!
    if (!this.#kind.keyed || !rows.some((row) => row.id === id)) return
    const when = this.system.now - 1
    this.#set(
      partition,
      rows.filter((row) => row.id !== id),
    )
    this.#deletedAt.set(`${partition} ${id}`, when)
    if (this.#kind.told) this.system.deletions.push({ id, partition, when, at: when })
  }

  #set(partition: string, rows: Row[]): void {
    const [before, now] = [this.#rows.get(partition)!, rows]
    const changed = [...before.filter((row) => !now.includes(row)), ...now.filter((row) => !before.includes(row))]
    this.#places.get(partition)!.push(...changed.map(({ at }) => at))
    this.#rows.set(partition, rows)
    this.#list()
  }

  async #runRange({ back, length, in: at, isAlone, failAt }: Turn & { readonly type: 'range' }): Promise<void> {
    const from = this.system.now - back
    const hasCursor = this.#kind.spec['cursor'] !== null
    const name = this.#name(at)
    const isOfOne = this.#kind.partitioned && this.#listed.has(name) && (isAlone || !hasCursor)
    if (!hasCursor && !isOfOne) return
    await this.#run(failAt, false, {
      ...(hasCursor ? { from: instant(from), to: instant(from + length) } : {}),
      ...(isOfOne ? { partition: name } : {}),
    })
  }

  async #run(failAt?: number, isShort = false, range?: RangeOptions): Promise<number> {
    const { system } = this
    const descending = this.#kind.spec['ordered'] === 'descending'
    for (const rows of this.#rows.values()) rows.sort((a, b) => (descending ? b.at - a.at : a.at - b.at))
    let pages = 0
    system.beforePage = () => {
      if (pages++ === failAt) throw new SyncError('broken', 'fix-source')
    }
    const report = await run({
      system,
      destination: this.#destination,
      spec: this.#spec(),
      pageSize: 2,
      use: { options: { deletes: this.#kind.hard === true ? 'hard' : 'soft' } },
      options: {
        ...(range === undefined ? {} : { select: ['events'], range }),
        // So few rows may all go.
        settings: { batch: { rows: 3, bytes: 1e6 }, deletionLimit: 'none', ...(isShort ? { maxTimeMs: 0 } : {}) },
      },
    })
    const hasBad = [...this.#rows.values()].flat().some(isBad)
    if (failAt === undefined)
      expect(hasBad ? [0, 4] : [0], JSON.stringify(report.tables[0]?.failures)).toContain(report.exitCode)
    return report.exitCode
  }

  #spec(): Spec {
    const { spec, revision } = this.#kind
    if (spec['cursor'] === null) return { ...spec, cursor: undefined, row: fitting }
    const own = { ...spec, row: fitting, ...(this.#kind.open === true ? {} : { start: instant(this.#start) }) }
    return revision === true ? { ...own, revision: this.#revision } : own
  }

  /** Says where something changed since the revision that was committed, also what came and went. */
  readonly #revision = ({ partition = '', previous }: { readonly partition?: string; readonly previous?: string }) => {
    const places = this.#places.get(partition)!
    const revision = String(places.length)
    // Nothing was committed in whole: whatever was read of it may be old by now.
    if (previous === undefined) return { revision, stale: [{ from: instant(0), to: instant(this.system.now + 1) }] }
    const changed = places.slice(Number(previous))
    return { revision, stale: changed.map((at) => ({ from: instant(at), to: instant(at + 1) })) }
  }
}

function isBad({ text }: Row): boolean {
  return text.startsWith('bad')
}
