// A tap whose rows are large, with a state after each row or never: its config says how many rows, of how many characters.
import { readFileSync } from 'node:fs'

const args = process.argv.slice(2)
const schema = { type: 'object', properties: { id: { type: 'integer' }, text: { type: 'string' } } }
if (args.includes('--discover'))
  console.log(
    JSON.stringify({ streams: [{ tap_stream_id: 't', stream: 't', schema, key_properties: ['id'], metadata: [] }] }),
  )
else {
  const { rows, characters, states } = JSON.parse(readFileSync(args[args.indexOf('--config') + 1], 'utf8'))
  const text = 'x'.repeat(characters)
  const write = async (message) => {
    if (!process.stdout.write(`${JSON.stringify(message)}\n`))
      await new Promise((resolve) => process.stdout.once('drain', resolve))
  }
  await write({ type: 'SCHEMA', stream: 't', schema, key_properties: ['id'] })
  for (let id = 0; id < rows; id++) {
    await write({ type: 'RECORD', stream: 't', record: { id, text } })
    if (states) await write({ type: 'STATE', value: { id } })
  }
}
