// A tap that writes what its config says: `catalog` with --discover, else `lines` (texts as they are, objects as JSON), or `rest` where it is
// given a state.
import { appendFileSync, readFileSync, statSync } from 'node:fs'

const args = process.argv.slice(2)
const after = (option) => (args.includes(option) ? args[args.indexOf(option) + 1] : undefined)
const read = (option) => (after(option) === undefined ? undefined : readFileSync(after(option), 'utf8'))
const config = JSON.parse(read('--config'))

if (config.journal !== undefined) {
  const files = ['--config', '--catalog', '--properties', '--state'].filter((option) => after(option) !== undefined)
  const modes = files.map((option) => (statSync(after(option)).mode & 0o777).toString(8))
  const folder = (statSync(new URL('.', `file://${after('--config')}`)).mode & 0o777).toString(8)
  const entry = {
    args,
    modes,
    folder,
    config,
    catalog: read('--catalog'),
    properties: read('--properties'),
    state: read('--state'),
  }
  appendFileSync(config.journal, `${JSON.stringify(entry)}\n`)
}

if (config.stderr !== undefined) process.stderr.write(`${config.stderr}\n`)

if (args.includes('--discover')) {
  if (config.discover === undefined) process.stdout.write(JSON.stringify(config.catalog, null, 2))
  else process.stdout.write(config.discover)
  process.exitCode = config.discoverCode ?? 0
} else {
  const lines = after('--state') === undefined ? config.lines : (config.rest ?? config.lines)
  for (const line of lines) process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`)
  if (config.tail !== undefined) process.stdout.write(config.tail)
  if (config.huge !== undefined) {
    process.stdout.write('{"type":"RECORD","stream":"items","record":{"id":1,"text":"')
    for (let at = 0; at < config.huge; at++) process.stdout.write('x'.repeat(1024 * 1024))
    process.stdout.write('"}}\n')
  }
  // So much is held, in megabytes.
  const held = Array.from({ length: config.holds ?? 0 }, () => Buffer.alloc(1024 * 1024, 1))
  if (config.hang || held.length > 0) setInterval(() => {}, 1000)
  else process.exitCode = config.code ?? 0
}
