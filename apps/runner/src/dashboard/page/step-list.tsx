import type { StepAnswer } from '../answers.ts'
import { DataTable } from './data-table.tsx'
import { format } from './format.ts'
import { router } from './router.ts'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

export interface StepListProps {
  readonly steps: readonly StepAnswer[]
  readonly now: number
  readonly caption: string
  /** How steps are labelled: by run on a table's page, by table on a run's page. */
  readonly of: 'run' | 'table'
}

/** Steps: what they read, and the result. */
export function StepList({ steps, now, caption, of }: StepListProps) {
  const hasErrors = steps.some(({ error }) => error !== null)
  const columns = [
    { name: 'what', label: of === 'run' ? 'Run' : 'Table', isTitle: true },
    { name: 'window', label: 'Window' },
    { name: 'when', label: hasErrors ? 'When' : 'Started' },
    hasErrors ? { name: 'error', label: 'Error' } : { name: 'rows', label: 'Rows so far', align: 'right' as const },
  ]
  return (
    <DataTable
      class="steps"
      caption={caption}
      columns={columns}
      rows={steps.map((step) => ({
        key: `${step.run} ${step.step}`,
        cells: [
          <span key="what">
            {of === 'run' ? (
              <a href={router.run(step.run)}>Run {step.run}</a>
            ) : (
              <a href={router.table(step.table)}>
                <Text>{step.table}</Text>
              </a>
            )}
            {step.attempts > 1 ? (
              <span class="soft">, {format.plural(step.attempts, 'attempt')}</span>
            ) : (
              step.attempt > 1 && <span class="soft">, attempt {step.attempt}</span>
            )}
          </span>,
          <span key="window">
            {step.partition !== '' && (
              <>
                <Text>{step.partition}</Text>{' '}
              </>
            )}
            {windowText(step)} {step.kind !== 'changes' && <span class="soft">{step.kind}</span>}
          </span>,
          <TimeAgo key="when" at={step.endedAt ?? step.beganAt} now={now} />,
          hasErrors ? (
            <Text key="error" class="problem">
              {step.error ?? ''}
            </Text>
          ) : (
            format.count(step.written)
          ),
        ],
      }))}
    />
  )
}

function windowText({ kind, window }: StepAnswer): string {
  if (kind === 'changes') return 'changes'
  if (window === null) return 'full refresh'
  return `${window.from === null ? 'the beginning' : format.position(window.from)} to ${format.position(window.to)}`
}
