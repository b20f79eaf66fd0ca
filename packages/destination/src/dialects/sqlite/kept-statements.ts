// Every commit runs the same dozens of statements, and compiling them is most of what they cost.
const REPEATED = /^(?:begin|commit|select|insert|update|delete)\b/
const MAX_STATEMENTS = 100
/** Characters: what is longer carries values of its own, and does not come again. */
const LONGEST = 2000

/** Statements by their text: those that were used last are kept. */
export class KeptStatements<T> {
  readonly #make: (text: string) => T
  readonly #kept = new Map<string, T>()

  constructor(make: (text: string) => T) {
    this.#make = make
  }

  of(text: string): T {
    if (text.length > LONGEST || !REPEATED.test(text)) return this.#make(text)
    const statement = this.#kept.get(text) ?? this.#make(text)
    this.#kept.delete(text)
    this.#kept.set(text, statement)
    if (this.#kept.size > MAX_STATEMENTS) this.#kept.delete(this.#kept.keys().next().value!)
    return statement
  }
}
