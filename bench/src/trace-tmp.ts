import { createRequire } from 'node:module'
const require = createRequire('/work/main/packages/destination/package.json')
const pg = require('pg')
const times = new Map<string, [number, number]>()
const original = pg.Client.prototype.query
pg.Client.prototype.query = function (...a: any[]) {
  const t = performance.now(); const text = typeof a[0] === 'string' ? a[0] : a[0].text ?? '?'
  const key = text.replace(/\s+/g, ' ').slice(0, 60)
  const done = () => { const e = times.get(key) ?? [0, 0]; e[0]++; e[1] += performance.now() - t; times.set(key, e) }
  const r = original.apply(this, a)
  if (r?.then) r.then(done, done); else if (r?.once) { r.once('finish', done); r.once('error', (e: any) => { if (!(globalThis as any).said) { (globalThis as any).said = 1; console.log(e.message, e.where) } }) }
  return r
}
import { startPostgres } from '@tidemark/postgres-server'
const { pagesOf } = await import('./rows.ts'); const { runInto } = await import('./run.ts'); const { ordersSource } = await import('./source.ts')
const server = await startPostgres(); const rows = 400000; const pages = [...pagesOf(0, rows)]
for (let i = 0; i < 2; i++) {
  const { url, schema } = await server.newSchema(); times.clear(); const t = performance.now(); const c = process.cpuUsage()
  await runInto(url, ordersSource({ pages: () => pages, end: '2025-01-01T00:00:00Z' }))
  const u = process.cpuUsage(c)
  console.log('wall', (performance.now() - t).toFixed(0), 'cpu', (u.user/1000).toFixed(0), (u.system/1000).toFixed(0))
  if (i === 1) for (const [k, [n, ms]] of [...times].sort((a, b) => b[1][1] - a[1][1]).slice(0, 10)) console.log(String(n).padStart(4), ms.toFixed(0).padStart(6), 'ms', k)
  await server.dropSchema(schema)
}
await server.stop()
