import { LAW_NAMES } from './law-name.ts'

const SHORTEST = 15

/** Laws that are waived, each with its reason. */
export class Waivers {
  readonly #reasons: ReadonlyMap<string, string>

  /** @throws where a key names no law, or a reason is not a sentence. */
  constructor(waive: Readonly<Record<string, string | undefined>> = {}, laws: readonly string[] = LAW_NAMES) {
    const entries = Object.entries(waive).filter((one): one is [string, string] => one[1] !== undefined)
    for (const [key, reason] of entries) {
      const law = key.slice(key.lastIndexOf('.') + 1)
      if (!laws.includes(law))
        throw new Error(`waive: there is no conformance check "${law}"; the checks are ${laws.join(', ')}`)
      if (reason.trim().length < SHORTEST || !/\s/.test(reason.trim()))
        throw new Error(
          `waive: "${key}" needs a sentence as its reason, for the users of this source; it has "${reason}"`,
        )
    }
    this.#reasons = new Map(entries)
  }

  /** The reason for which a law is waived, for all tables or for one. */
  reasonFor(law: string, table?: string | undefined): string | undefined {
    return this.#reasons.get(table === undefined ? law : `${table}.${law}`)
  }

  /** Tables with a waiver of their own. */
  get tables(): readonly { readonly table: string; readonly law: string; readonly reason: string }[] {
    return [...this.#reasons].flatMap(([key, reason]) => {
      const dot = key.lastIndexOf('.')
      return dot < 0 ? [] : [{ table: key.slice(0, dot), law: key.slice(dot + 1), reason }]
    })
  }
}
