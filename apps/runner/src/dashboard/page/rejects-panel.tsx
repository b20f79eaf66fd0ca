import type { RejectsAnswer } from '../answers.ts'
import { useAnswer } from './ask.ts'
import { CopyLine } from './copy-button.tsx'
import { format } from './format.ts'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

/** Rejected rows, with the reason and the data that the source sent. */
export function RejectsPanel({
  name,
  now,
  command,
}: {
  readonly name: string
  readonly now: number
  readonly command: string
}) {
  const { answer } = useAnswer<RejectsAnswer>(`/api/rejects?${new URLSearchParams({ name })}`)
  if (answer === undefined) return null
  const { rejects, count } = answer
  const shown = rejects.reduce((sum, { times }) => sum + times, 0)
  return (
    <section class="panel" aria-labelledby="rejects">
      <h2 id="rejects">
        {format.plural(count, 'rejected row')}
        {shown < count && <span class="soft">, the newest {shown}</span>}
      </h2>
      <p class="soft">
        These rows do not match the schema of the table. After you fix the cause, sync them again with:
      </p>
      <CopyLine text={command} label="the command" />
      <ul class="rejects">
        {rejects.map((one) => (
          <li key={one.id}>
            <details>
              <summary>
                <b>
                  <Text>{one.key ?? `reject ${one.id}`}</Text>
                </b>{' '}
                <Text>{one.message}</Text>{' '}
                {one.times > 1 && <span class="soft">{format.plural(one.times, 'row')}, </span>}
                <span class="soft">
                  <TimeAgo at={one.at} now={now} />
                </span>
              </summary>
              <pre>{format.visible(pretty(one.payload))}</pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  )
}

function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
