import type { OverviewAnswer } from '../answers.ts'
import { FixLines } from './fix-lines.tsx'
import { format } from './format.ts'
import { Icon } from './icon.tsx'
import { Text } from './text.tsx'

/** Sources whose tables cannot be discovered; the tables below do not show that failure. */
export function SourceNotices({ answer }: { readonly answer: OverviewAnswer }) {
  return (
    <>
      {answer.failingSources.map(({ name, since, isSilent, problem, fix }) => (
        <div class="notice bad" role="status" key={name}>
          <Icon name="warn" />
          <div>
            <strong>
              Source <Text>{name}</Text> {isSilent ? 'does not answer' : 'failed: its tables could not be discovered'}
            </strong>
            <p>
              Since {format.instant(since)} UTC: <Text>{problem}</Text>
            </p>
            <FixLines fix={fix} />
          </div>
        </div>
      ))}
    </>
  )
}
