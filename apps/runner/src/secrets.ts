import type { z } from 'zod'
import { alternativesOf, childrenOf, definitionOf } from './schema-walk.ts'

/** Texts that never reach a log, an error, the state or a screen. */
export interface Secrets {
  add(values: Iterable<string>): void
  /** The text with every known secret, in every form it may have taken, replaced by `***`. */
  redact(text: string): string
}

const MASK = '***'
// A shorter text stands in too many words: hiding it would hide everything, and a secret of that length is none.
const SHORTEST = 4

export function createSecrets(): Secrets {
  const forms = new Set<string>()
  let pattern: RegExp | undefined
  return {
    add(values) {
      for (const value of values) for (const form of formsOf(value)) forms.add(form)
      // The longest first: one secret may be the beginning of another.
      const sorted = [...forms].sort((a, b) => b.length - a.length).map(escaped)
      pattern = sorted.length === 0 ? undefined : new RegExp(sorted.join('|'), 'gi')
    },
    redact(text) {
      const masked = text.replace(URL_PASSWORD, `$1${MASK}@`)
      return pattern === undefined ? masked : masked.replace(pattern, MASK)
    },
  }
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:)[^\s/?#]*@/gi

function formsOf(secret: string): readonly string[] {
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter((line) => line.trim().length >= 16) : []
  const plain = [secret, secret.trim(), ...lines]
  const forms = plain.flatMap((text) => [
    text,
    encodeURIComponent(text.toWellFormed()),
    encodeURI(text.toWellFormed()),
    new URLSearchParams([['', text]]).toString().slice(1),
    ...escapedForms(text),
    ...base64Of(text),
  ])
  return forms.filter((form) => form.length >= SHORTEST)
}

/** Inside JSON, and inside JSON that stands as a text in JSON: an error's body in a row in a record. */
function escapedForms(text: string): readonly string[] {
  const forms: string[] = []
  for (let inner = text; forms.length < 3; ) {
    inner = JSON.stringify(inner).slice(1, -1)
    forms.push(inner)
  }
  return forms
}

/** Base64 of a text, also where other bytes stand before and after it, as in `Authorization: Basic`. */
function base64Of(text: string): readonly string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replaceAll('=', '')
    const first = Math.ceil((before * 8) / 6)
    const whole = Math.floor(((before + bytes.length) * 8) / 6)
    const inner = encoded.slice(first, whole)
    if (inner.length < 6) return []
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/** The secrets in a value: what stands at a `secret()` of its schema, at any depth, and passwords inside URLs. */
export function secretsIn(schema: z.core.$ZodType | undefined, value: unknown): readonly string[] {
  const found = passwordsIn(value)
  if (schema !== undefined) collect(schema, value, found, 0)
  return found
}

function collect(schema: z.core.$ZodType, value: unknown, found: string[], depth: number): void {
  if (depth > 50 || value === undefined || value === null) return
  for (const one of [...alternativesOf(schema), ...outputsOf(schema)]) {
    if (typeof value === 'string' && definitionOf(one)['format'] === 'secret') found.push(value)
    for (const child of childrenOf(one, value)) collect(child.schema, child.value, found, depth + 1)
  }
}

/** What a pipe gives, beside what it takes. */
function outputsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const def = definitionOf(schema)
  if (def.type === 'pipe') return alternativesOf(def['out'] as z.core.$ZodType)
  return def['innerType'] === undefined ? [] : outputsOf(def['innerType'] as z.core.$ZodType)
}

/** Passwords of URLs anywhere in a value, as written and decoded. */
export function passwordsIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return passwordOf(value)
  if (typeof value !== 'object' || value === null || depth > 50) return []
  return Object.values(value).flatMap((one) => passwordsIn(one, depth + 1))
}

function passwordOf(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { password, searchParams } = new URL(text)
  // Drivers take it as a parameter too.
  const asked = ['password', 'sslpassword'].flatMap((name) => searchParams.getAll(name))
  if (password === '') return asked
  try {
    return [...asked, password, decodeURIComponent(password)]
  } catch {
    return [...asked, password]
  }
}
