/**
 * A map for keys that mostly come in ascending order: as long as each is greater than the one before, none can be there
 * already, and two lists hold them. The map itself is made when a key goes back: it costs ten times as much a key.
 */
export class AscendingMap<V> {
  readonly #keys: unknown[] = []
  readonly #values: V[] = []
  #map: Map<unknown, V> | undefined

  get size(): number {
    return this.#map?.size ?? this.#keys.length
  }

  get(key: unknown): V | undefined {
    return this.#ascends(key) ? undefined : this.#all().get(key)
  }

  has(key: unknown): boolean {
    return !this.#ascends(key) && this.#all().has(key)
  }

  set(key: unknown, value: V): void {
    if (this.#ascends(key)) {
      this.#keys.push(key)
      this.#values.push(value)
    } else this.#all().set(key, value)
  }

  /** Whether a key is greater than all that are there. A number and a bigint are two keys of a map, even where they are equal. */
  #ascends(key: unknown): boolean {
    if (this.#map !== undefined) return false
    const last = this.#keys.at(-1) as string | number
    return last === undefined || (typeof key === typeof last && (key as string | number) > last)
  }

  #all(): Map<unknown, V> {
    this.#map ??= new Map(this.#keys.map((key, at) => [key, this.#values[at]!]))
    this.#keys.length = 0
    this.#values.length = 0
    return this.#map
  }
}
