import type { Source } from './source.ts'

// One slot for the whole process, its key without a version, so that two copies of core still meet.
const SLOT = Symbol.for('tidemark.sources')

/** Every source that was registered in this process, by name. */
export function registered(): Map<string, Source> {
  const slots = globalThis as unknown as Record<symbol, Map<string, Source> | undefined>
  slots[SLOT] ??= new Map()
  return slots[SLOT]
}

/**
 * Makes a source known: `export default register(source)` in a package's entry. Importing the package is then enough
 * to track its tables. Of two sources with one name the later is registered here; a runner tells them apart by their packages.
 */
export function register<S extends Source<never>>(source: S): S {
  registered().set(source.name, source as unknown as Source)
  return source
}
