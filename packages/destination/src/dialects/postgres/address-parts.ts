/** The raw parts of an address. */
export interface Parts {
  readonly host: string
  readonly port: string
  readonly user: string
  readonly password: string
  readonly database: string
  readonly parameters: URLSearchParams
}

/** What refuses an address, without repeating it. */
export type Refuse = (problem: string) => never
