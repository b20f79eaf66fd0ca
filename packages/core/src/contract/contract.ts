import { CONTRACT } from './contract-version.ts'
import { SyncError } from './error.ts'
import type { Source } from './source.ts'

/** From each older contract that is still spoken: what makes a source of it one of the next. */
export type Adapters = Readonly<Record<number, (source: Source) => Source>>

/** Today there is no older contract. The first one that is left behind gets its adapter here. */
export const ADAPTERS: Adapters = {}

/** Contracts that can be spoken with these adapters: this one, and those that lead to it step by step. */
export function contractsWith(adapters: Adapters): readonly number[] {
  const spoken = [CONTRACT]
  for (let older = CONTRACT - 1; adapters[older] !== undefined; older--) spoken.unshift(older)
  return spoken
}

/** Contracts that this engine speaks. */
export const CONTRACTS: readonly number[] = contractsWith(ADAPTERS)

/**
 * A source as this contract has it: one of an older contract is led up to it, step by step. What is given is
 * not changed.
 *
 * @throws SyncError `upgrade` for a contract that is not spoken.
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
