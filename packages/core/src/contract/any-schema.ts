/** A schema of whichever copy of zod it is, of whose classes no two are the same type: as much of it as this version relies on. */
export interface AnySchema<Output = unknown> extends SchemaNode {
  /** Gives the value with its defaults. @throws what zod throws where it does not fit. */
  parse(value: unknown): Output
  /** The same without an exception. */
  safeParse(value: unknown): Parsed<Output>
}

/** A schema as what is walked: its definition. */
export interface SchemaNode {
  /** Where zod keeps it. */
  readonly _zod: { readonly def: { readonly type: string }; readonly values?: ReadonlySet<unknown> | undefined }
}

type Parsed<Output> =
  | { readonly success: true; readonly data: Output }
  | { readonly success: false; readonly error: Problems }
interface Problems {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]
}
