import { CONTRACT } from './contract-version.ts'
import { SyncError } from './error.ts'
import type { Source } from './source.ts'

/** For each older contract that is still supported: converts a source of it to the next contract. */
export type Adapters = Readonly<Record<number, (source: Source) => Source>>

/** Contract 2 adds feeds: a source of contract 1 has none, and is one of contract 2 as it is. */
export const ADAPTERS: Adapters = { 1: (source) => source }

/** Contracts that these adapters support: this one, and those that lead to it step by step. */
export function contractsWith(adapters: Adapters): readonly number[] {
  const spoken = [CONTRACT]
  for (let older = CONTRACT - 1; adapters[older] !== undefined; older--) spoken.unshift(older)
  return spoken
}

/** Contracts that this engine supports. */
export const CONTRACTS: readonly number[] = contractsWith(ADAPTERS)

/**
 * A source in the form of this contract: one of an older contract is converted step by step. The argument is
 * not changed.
 *
 * @throws SyncError `upgrade` for a contract that is not supported.
 */
export function adapted(source: Source, adapters: Adapters = ADAPTERS): Source {
  const { contract } = source
  const spoken = contractsWith(adapters)
  if (!spoken.includes(contract)) {
    const isNewer = typeof contract === 'number' && contract > CONTRACT
    const way = isNewer ? 'install a newer version of Tidemark' : 'install a newer version of the source'
    throw new SyncError(
      `source "${source.name}" was built for contract ${contract} of Tidemark, but this version supports contract ${spoken.join(', ')}; ${way}`,
      'upgrade',
      { code: 'contract' },
    )
  }
  let current = source
  for (let from = contract; from < CONTRACT; from++) current = { ...adapters[from]!(current), contract: from + 1 }
  return current
}
