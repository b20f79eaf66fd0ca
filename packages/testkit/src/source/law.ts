import type { LawName } from './law-name.ts'
import type { SourceUnderTest } from './source-under-test.ts'

/** A conformance check: what must hold for every source; of `World` for every feed. */
export interface Law<Name extends string = LawName, World = SourceUnderTest> {
  readonly name: Name
  /** The check as a sentence. */
  readonly says: string
  /** What users of the source see if it does not hold. */
  readonly meaning: string
  /** Finds the smallest examples that break it; returns none if it holds. */
  check(world: World): Promise<readonly Finding[]>
}

/** An example that fails a conformance check. */
export interface Finding {
  /** Undefined if it concerns the source, or the feed, as a whole. */
  readonly table: string | undefined
  readonly example: string
}

const MAX_SHOWN = 5

/** A failed conformance check. */
export class BrokenLaw extends Error {
  readonly law: string
  readonly findings: readonly Finding[]

  constructor(law: Pick<Law<string>, 'name' | 'says' | 'meaning'>, findings: readonly Finding[]) {
    const lines = findings.slice(0, MAX_SHOWN).map(({ table, example }) => {
      return `  ${table === undefined ? 'the source' : `table "${table}"`}: ${example}`
    })
    const more = findings.length > MAX_SHOWN ? [`  and ${findings.length - MAX_SHOWN} more`] : []
    const tables = new Set(findings.map(({ table }) => table))
    const [only] = tables
    const key = tables.size === 1 && only !== undefined ? `'${only}.${law.name}'` : law.name
    super(
      [
        `conformance check "${law.name}" failed: ${law.says}`,
        ...lines,
        ...more,
        `For users this means: ${law.meaning}`,
        `If it cannot hold here, waive it and give the reason: waive: { ${key}: 'because …' }`,
      ].join('\n'),
    )
    this.name = 'BrokenLaw'
    this.law = law.name
    this.findings = findings
  }
}
