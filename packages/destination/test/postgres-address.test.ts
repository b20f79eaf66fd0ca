import { describe, expect, it, onTestFinished } from 'vitest'
import { parseAddress } from '../src/postgres/address.ts'

const modeOf = (url: string): string | null => new URL(parseAddress(url).url).searchParams.get('sslmode')

describe('a server that the url says nothing of TLS for', () => {
  it.each([
    'postgres://db.example.org/x',
    'postgres://10.0.0.7/x',
    'postgres://[2001:db8::1]/x',
    'postgres://localhost.example.org/x',
    'postgres:///x?host=db.example.org',
  ])('must show its certificate: %s', (url) => expect(modeOf(url)).toBe('verify-full'))

  it.each([
    'postgres://localhost/x',
    'postgres://127.0.0.1:5433/x',
    'postgres://[::1]/x',
    'postgres:///x',
    'postgres:///x?host=/var/run/postgresql',
    'postgres://%2Fvar%2Frun%2Fpostgresql/x',
  ])('need not where it is on this machine: %s', (url) => expect(modeOf(url)).toBeNull())

  it('is the one that the environment names', () => {
    process.env['PGHOST'] = 'db.example.org'
    onTestFinished(() => void delete process.env['PGHOST'])
    expect(modeOf('postgres:///x')).toBe('verify-full')
  })

  it('is treated as the environment says', () => {
    process.env['PGSSLMODE'] = 'disable'
    onTestFinished(() => void delete process.env['PGSSLMODE'])
    expect(modeOf('postgres://db.example.org/x')).toBeNull()
  })
})

it.each(['sslmode=disable', 'sslmode=require', 'ssl=true'])('what a url says of TLS stays: %s', (said) =>
  expect(parseAddress(`postgres://db.example.org/x?${said}`).url).toBe(`postgres://db.example.org/x?${said}`),
)
