import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { expect } from 'vitest'
import { configIn, type Project } from './project.ts'
import { fails, follows, type Handle, json, quotedIn, type WayOut, type World, works } from './way-out.ts'

interface Api {
  readonly project: Project
  readonly url: string
  /** Configures the source and its table `items`. */
  configure(source: object, items?: object): void
}

async function apiProject(world: World, handle: Handle): Promise<Api> {
  const project = world.project('rest')
  const url = await world.serve(handle)
  const configure = (source: object, items: object = {}): void => {
    const tables = { items: { path: '/items', primaryKey: ['id'], ...items } }
    project.config({ sources: { rest: { config: { baseUrl: url, attempts: 1, tables, ...source } } } })
  }
  configure({})
  return { project, url, configure }
}

const ONE = [{ id: 1 }]
const well: Handle = (response) => json(response, ONE)

/** What an API says, and what the source says about it. */
export const OF_APIS: readonly WayOut[] = [
  {
    code: 'paging',
    title: 'a total that counts something else',
    async walk(world) {
      const { project, configure } = await apiProject(world, (response) => json(response, { data: ONE, total: 5 }))
      configure({}, { rows: 'data' })
      const text = await fails(project, 'paging', 'sync')
      const [, key, value] = /"(total)": (false)/.exec(text)!
      configure({}, { rows: 'data', [key!]: JSON.parse(value!) })
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'error-body',
    title: 'a list that is elsewhere',
    async walk(world) {
      const { project, configure } = await apiProject(world, (response) => json(response, { results: ONE }))
      const text = await fails(project, 'error-body', 'sync')
      const [, place] = /returned no list: \{"(\w+)"/.exec(text)!
      const [key] = /\brows\b/.exec(text.split('check its')[1]!)!
      configure({}, { [key]: place })
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'not-csv',
    title: 'a table of CSV whose API sends JSON',
    async walk(world) {
      const { project, configure } = await apiProject(world, well)
      configure({}, { format: 'csv' })
      const text = await fails(project, 'not-csv', 'sync')
      const [, kind] = /returned (\w+) instead of CSV/.exec(text)!
      const [key] = /\bformat\b/.exec(text.split('check its')[1]!)!
      configure({}, { [key]: kind!.toLowerCase() })
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'address-refused',
    title: 'a redirect to an address of a private network',
    async walk(world) {
      const elsewhere = await world.serve(well, '127.0.0.2')
      const { project, configure } = await apiProject(world, (response) =>
        response.writeHead(302, { location: `${elsewhere}/items` }).end(),
      )
      const text = await fails(project, 'address-refused', 'sync')
      const [, host, key] = /list "([^"]+)" under "(\w+)"/.exec(text)!
      configure({ [key!]: [host] })
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'config',
    title: 'a misspelt type of authorization',
    async walk(world) {
      const { project, configure } = await apiProject(world, (response, { headers }) =>
        json(response, ONE, headers.authorization === 'Bearer word' ? 200 : 401),
      )
      configure({ authorization: { type: 'bearr', token: 'word' } })
      const type = quotedIn(await fails(project, 'config', 'sync'), 'did you mean')
      configure({ authorization: { type, token: 'word' } })
      await works(project, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'source-config',
    title: 'a misspelt cursor',
    async walk(world) {
      const { project, configure } = await apiProject(world, (response) =>
        json(response, [{ id: 1, updated_at: '2026-01-01T00:00:00Z' }]),
      )
      configure({}, { cursor: 'updatd_at' })
      const text = await fails(project, 'source-config', 'sync')
      configure({}, { cursor: quotedIn(text, 'did you mean') })
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'config',
    title: 'no table at all',
    async walk(world) {
      const { project, configure } = await apiProject(world, well)
      configure({ tables: {} })
      const tables = configIn(await fails(project, 'config', 'sync'), /write tables here, such as /)
      configure({ tables })
      await works(project, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'invalid-request',
    title: 'a secret that ends in a line feed',
    async walk(world) {
      const { project, configure } = await apiProject(world, well)
      project.env['SHOP_TOKEN'] = 'abc\n\ndef'
      configure({ authorization: { type: 'bearer', token: '$' + '{SHOP_TOKEN}' } })
      const text = await fails(project, 'invalid-request', 'sync')
      project.env['SHOP_TOKEN'] = 'abcdef'
      await follows(project, text, 'sync')
    },
  },
  {
    code: 'unauthorized',
    title: 'a token server that wants the secret elsewhere',
    async walk(world) {
      let body = ''
      const tokens = await world.serve((response, request) => {
        body = ''
        request.on('data', (piece) => (body += piece))
        request.on('end', () =>
          body.includes('client_secret=')
            ? json(response, { access_token: 'access-1' })
            : json(response, { error: 'invalid_client' }, 401),
        )
      })
      const { project, configure } = await apiProject(world, (response, { headers }) =>
        json(response, ONE, headers.authorization === 'Bearer access-1' ? 200 : 401),
      )
      const oauth = { type: 'client_credentials', tokenUrl: tokens, clientId: 'me', clientSecret: 'secret-word' }
      configure({ authorization: oauth })
      const text = await fails(project, 'unauthorized', 'sync')
      const [, way] = /"clientAuthentication": "basic_raw" or "(\w+)"/.exec(text)!
      configure({ authorization: { ...oauth, clientAuthentication: way } })
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'proxy',
    title: 'a proxy that wants a password',
    async walk(world) {
      const proxy = await world.serve((response) => response.writeHead(407).end())
      const { project, url } = await apiProject(world, well)
      project.env['HTTP_PROXY'] = proxy
      const text = await fails(project, 'proxy', 'sync')
      const [, name] = /add the host to (NO_PROXY)/.exec(text)!
      project.env[name!] = new URL(url).hostname
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'proxy',
    title: 'the same, with the password',
    async walk(world) {
      const proxy = await world.serve((response, { headers }) =>
        headers['proxy-authorization'] === `Basic ${Buffer.from('me:word').toString('base64')}`
          ? json(response, ONE)
          : response.writeHead(407).end(),
      )
      const { project } = await apiProject(world, well)
      project.env['HTTP_PROXY'] = proxy
      const text = await fails(project, 'proxy', 'sync')
      const [, form] = /\((http:\S+)\)/.exec(text)!
      const { hostname, port } = new URL(proxy)
      const values = { '<user>': 'me', '<password>': 'word', '<host>': hostname, '<port>': port }
      project.env['HTTP_PROXY'] = form!.replace(/<\w+>/g, (word) => values[word as keyof typeof values])
      await follows(project, text, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
  {
    code: 'certificate',
    title: "an authority of one's own",
    async walk(world) {
      const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
        keySize: 2048,
      })
      const server = createServer({ key, cert }, (_, response) => json(response, ONE))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      world.atEnd(() => void server.close())
      const project = world.project('rest')
      const baseUrl = `https://localhost:${(server.address() as AddressInfo).port}`
      const tables = { items: { path: '/items', primaryKey: ['id'] } }
      project.config({ sources: { rest: { config: { baseUrl, attempts: 1, tables } } } })
      expect(await fails(project, 'certificate', 'sync')).toContain('trust the server')
      project.env['NODE_EXTRA_CA_CERTS'] = project.write('authority.pem', cert)
      await works(project, 'sync')
      expect(project.count('rest_items')).toBe(1)
    },
  },
]
