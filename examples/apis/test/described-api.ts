import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Json = { readonly [name: string]: unknown }
interface Schema extends Json {
  readonly type?: string
  readonly properties?: Record<string, Schema>
  readonly items?: Schema
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly $ref?: string
}
interface Parameter extends Json {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema?: Schema
}

/** What a vendor publishes of its API. */
export interface Description {
  readonly paths: Record<string, { readonly get?: Json; readonly parameters?: readonly Json[] }>
  readonly components: { readonly securitySchemes: Record<string, Json> }
}

/** How an API pages, which no description says: what of the rows is in an answer, and what it says of the next. */
export type Pager = (
  query: URLSearchParams,
  count: number,
) => {
  readonly from: number
  readonly size: number
  readonly more?: (body: Json, next: number | undefined, url: string) => Json
}

export interface DescribedApiOptions {
  readonly description: Description
  /** The path in front of those of the description. */
  readonly prefix: string
  /** How many rows the list of a path has. */
  readonly rows: (path: string) => number
  readonly pager: (path: string) => Pager | undefined
}

/**
 * A server that answers by the description that a vendor publishes: it refuses paths, parameters and values that are not in it, and
 * requests without its credentials, and its rows have all the fields that the description gives them.
 */
export class DescribedApi {
  readonly refused: string[] = []
  readonly asked: string[] = []
  readonly #options: DescribedApiOptions
  readonly #server = createServer((request, response) => this.#answer(request, response))

  constructor(options: DescribedApiOptions) {
    this.#options = options
  }

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#options.prefix}`
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** The names of the fields that a row of a path has, where its list is at a place in the body. */
  fieldsOf(path: string, place: readonly string[]): readonly string[] {
    let schema = this.#resolved(this.#bodyOf(this.#options.description.paths[path]!.get!))
    for (const name of place) schema = this.#resolved(schema.properties![name]!)
    const row = schema.type === 'array' ? this.#resolved(schema.items!) : schema
    return Object.keys(row.properties ?? {}).sort()
  }

  #answer(request: IncomingMessage, response: ServerResponse): unknown {
    const url = new URL(request.url ?? '', 'http://x')
    const end = (body: unknown, status = 200): void => {
      if (status >= 400) this.refused.push(`${status} ${request.method} ${request.url}: ${JSON.stringify(body)}`)
      response.writeHead(status, { 'content-type': 'application/json', date: new Date().toUTCString() })
      response.end(request.method === 'HEAD' ? undefined : JSON.stringify(body))
    }
    // Only for its time.
    if (request.method === 'HEAD') return end({})
    const { prefix, description, rows, pager } = this.#options
    const path = url.pathname.slice(prefix.length)
    this.asked.push(path)
    const found = Object.entries(description.paths).find(([template]) => matches(template, path))
    const operation = found?.[1].get
    if (found === undefined || operation === undefined) return end({ message: `no such path: ${path}` }, 404)
    if (!this.#isAuthorized(request)) return end({ message: 'no credentials' }, 403)
    const problem = this.#problemIn(url.searchParams, [
      ...((operation['parameters'] ?? []) as readonly Json[]),
      ...(found[1].parameters ?? []),
    ])
    if (problem !== undefined) return end({ message: problem }, 400)
    const count = rows(found[0])
    const page = pager(found[0])?.(url.searchParams, count) ?? { from: 0, size: count }
    const to = Math.min(count, page.from + page.size)
    const of = path.split('/').at(-2) ?? ''
    const body = this.#made(this.#bodyOf(operation), { name: of, at: 0, list: { from: page.from, to } }) as Json
    const next = to < count ? to : undefined
    return end(
      'more' in page && page.more !== undefined
        ? page.more(body, next, `http://${request.headers.host}${url.pathname}`)
        : body,
    )
  }

  #isAuthorized({ headers }: IncomingMessage): boolean {
    const schemes = Object.values(this.#options.description.components.securitySchemes)
    return schemes.some(
      ({ in: place, name }) => place === 'header' && headers[String(name).toLowerCase()] !== undefined,
    )
  }

  #problemIn(query: URLSearchParams, written: readonly Json[]): string | undefined {
    const parameters = written.map((one) => this.#resolved(one as Schema) as unknown as Parameter)
    const known = new Map(parameters.filter((one) => one.in === 'query').map((one) => [one.name, one]))
    for (const [name, value] of query) {
      const schema = known.get(name)?.schema
      if (schema === undefined) return `unknown parameter ${name}`
      const { type, minimum, maximum } = this.#resolved(schema)
      if ((type === 'integer' || type === 'number') && !/^-?\d+$/.test(value)) return `${name} is no number`
      if (Number(value) < Number(minimum ?? -Infinity)) return `${name} is too small`
      if (Number(value) > Number(maximum ?? Infinity)) return `${name} is too great`
      if (schema.enum?.includes(value) === false) return `${name} is not one of ${schema.enum.join()}`
    }
    const missing = [...known.values()].find(({ name, required }) => required === true && !query.has(name))
    return missing === undefined ? undefined : `${missing.name} is missing`
  }

  #bodyOf(operation: Json): Schema {
    const responses = operation['responses'] as Record<string, Schema>
    const { content } = this.#resolved(responses['200']!) as unknown as {
      readonly content: Record<string, { readonly schema: Schema }>
    }
    return content['application/json']!.schema
  }

  /** A schema without references, its parts as one. */
  #resolved(schema: Schema): Schema {
    if (schema.$ref !== undefined) {
      const place = schema.$ref.slice(2).split('/')
      const found = place.reduce<unknown>((value, name) => (value as Json)[name], this.#options.description)
      return this.#resolved(found as Schema)
    }
    const parts = schema.allOf ?? [schema.oneOf?.[0] ?? schema.anyOf?.[0] ?? []].flat()
    if (parts.length === 0) return schema
    const all = parts.map((part) => this.#resolved(part))
    const properties = Object.assign({}, schema.properties, ...all.map((part) => part.properties)) as Record<
      string,
      Schema
    >
    return { ...(Object.assign({}, ...all) as Schema), properties }
  }

  /** A value of a schema: the same for the same place, another for each row. The first list is that of the rows. */
  #made(
    given: Schema,
    {
      name,
      at,
      list,
      depth = 0,
    }: { name: string; at: number; list?: { from: number; to: number } | undefined; depth?: number },
  ): unknown {
    // Some schemas hold themselves.
    if (depth > 8) return null
    const schema = this.#resolved(given)
    if (schema.type === 'array' || schema.items !== undefined) {
      const { from, to } = list ?? { from: 0, to: depth > 4 ? 0 : 1 }
      return Array.from({ length: to - from }, (_, place) =>
        this.#made(schema.items!, { name, at: list === undefined ? at : from + place, depth: depth + 1 }),
      )
    }
    if (schema.type === 'object' || schema.properties !== undefined) {
      const fields = Object.entries(schema.properties ?? {})
      return Object.fromEntries(
        fields.map(([field, one]) => [
          field,
          this.#made(one, { name: list === undefined ? `${name}-${field}` : name, at, list, depth: depth + 1 }),
        ]),
      )
    }
    if (schema.enum !== undefined) return schema.enum[0]
    switch (schema.type) {
      case 'integer':
      case 'number':
        return at
      case 'boolean':
        return false
      default:
        return schema['format'] === 'date-time' ? '2024-01-31T10:00:00Z' : `${name}-${at}`
    }
  }
}

function matches(template: string, path: string): boolean {
  const [names, parts] = [template.split('/'), path.split('/')]
  return names.length === parts.length && names.every((name, at) => /^\{.*\}$/.test(name) || name === parts[at])
}
