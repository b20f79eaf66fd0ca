import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PostgresServer } from '@tidemark/postgres-server'
import { expect } from 'vitest'
import { commandsIn, type Kind, Project, type Said } from './project.ts'

/** What a user who meets a message does, and whether it helps. */
export interface WayOut {
  /** The entry of docs/errors.md whose message it is. */
  readonly code: string
  readonly title: string
  readonly walk: (world: World) => Promise<void>
}

export type Handle = (response: ServerResponse, request: IncomingMessage) => void

/** What a walk may have: projects and servers, which are gone when it is over. */
export class World {
  readonly postgres: PostgresServer
  readonly #atEnd: (work: () => void | Promise<void>) => void

  constructor(postgres: PostgresServer, atEnd: (work: () => void | Promise<void>) => void) {
    this.postgres = postgres
    this.#atEnd = atEnd
  }

  project(...kinds: readonly Kind[]): Project {
    return new Project(kinds, this.#atEnd)
  }

  /** Does this when the walk is over. */
  atEnd(work: () => void | Promise<void>): void {
    this.#atEnd(work)
  }

  /** A server on loopback. @returns its URL. */
  async serve(handle: Handle, host = '127.0.0.1'): Promise<string> {
    const server = createServer((request, response) => handle(response, request))
    server.listen(0, host)
    await once(server, 'listening')
    this.#atEnd(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://${host}:${(server.address() as AddressInfo).port}`
  }
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Runs what does not work, and sees that it sends its user to the entry. @returns what was printed. */
export async function fails(project: Project, code: string, ...args: readonly string[]): Promise<string> {
  const said = await project.run(...args)
  expect(said.text).toContain(`errors.md#${code}`)
  expect(said.code, said.text).not.toBe(0)
  return said.text
}

/** Runs what works. @returns what was printed. */
export async function works(project: Project, ...args: readonly string[]): Promise<string> {
  return fine(await project.run(...args))
}

/** Pastes the command of a verb that a text prints, and says yes where it asks. @returns what it printed. */
export async function follows(project: Project, text: string, verb: string): Promise<string> {
  const [command] = commandsIn(text, verb)
  expect(command, `a command "tidemark ${verb}" in: ${text}`).toBeDefined()
  const said = await project.sh(command!)
  if (!said.text.includes('errors.md#not-confirmed')) return fine(said, command)
  const [yes] = /--yes\b/.exec(said.text)!
  return fine(await project.sh(`${command} ${yes}`), command)
}

function fine({ code, text }: Said, command?: string): string {
  expect(code, `${command ?? ''}\n${text}`).toBe(0)
  return text
}

/** The first thing in quotes that a text has behind some words. */
export function quotedIn(text: string, before: string): string {
  const found = text.split(before)[1]?.match(/^\s*["'`]([^"'`]+)["'`]/)
  expect(found?.[1], `"…" behind "${before}" in: ${text}`).toBeDefined()
  return found![1]!
}

/** Waits until something is so. @throws Error after 20 s. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isSo()); await sleep(5))
    if (Date.now() > end) throw new Error(`not within 60 s: ${what}`)
}
