import type { RejectsAnswer } from '../list-answers.ts'
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
  const { rejects, count, groups } = answer
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
      {groups.map((group) => (
        <Group
          key={group.reason}
          group={group}
          rejects={rejects.filter(({ reason }) => reason === group.reason)}
          now={now}
          isOnly={groups.length === 1}
        />
      ))}
    </section>
  )
}

interface GroupProps {
  readonly group: RejectsAnswer['groups'][number]
  /** The newest of them. */
  readonly rejects: RejectsAnswer['rejects']
  readonly now: number
  readonly isOnly: boolean
}

/** Rows that were rejected for the same reason. */
function Group({ group: { reason, times, newestAt }, rejects, now, isOnly }: GroupProps) {
  return (
    <details class="reason" open={isOnly}>
      <summary>
        <b>{format.plural(times, 'row')}</b>: <Text>{reason}</Text>{' '}
        <span class="soft">
          the newest <TimeAgo at={newestAt} now={now} />
        </span>
      </summary>
      {rejects.length === 0 && (
        <p class="soft">None of them is among the newest; in a terminal: tidemark rejects list</p>
      )}
      <ul class="rejects">
        {rejects.map((one) => (
          <li key={one.id}>
            <details>
              <summary>
                <b>
                  <Text>{one.key ?? `reject ${one.id}`}</Text>
                </b>{' '}
                <Text>{one.message}</Text>{' '}
                {one.partition !== '' && (
                  <span class="soft">
                    <Text>{one.partition}</Text>,{' '}
                  </span>
                )}
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
    </details>
  )
}

function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
