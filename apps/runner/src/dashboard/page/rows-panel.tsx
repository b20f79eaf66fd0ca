import type { RowsAnswer } from '../answers.ts'
import { useAnswer } from './ask.ts'
import { format } from './format.ts'
import { Text } from './text.tsx'

/** Some rows, as they are in the database. */
export function RowsPanel({ name }: { readonly name: string }) {
  const { answer } = useAnswer<RowsAnswer>(`/api/rows?${new URLSearchParams({ name })}`)
  if (answer === undefined) return null
  const { columns, rows, isNewest } = answer
  return (
    <section class="panel" aria-labelledby="rows">
      <h2 id="rows">
        {rows.length === 0
          ? 'No rows'
          : isNewest
            ? `The newest ${format.plural(rows.length, 'row')}`
            : `${format.plural(rows.length, 'row')} of the table`}
      </h2>
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the scrolling area must be reachable by keyboard
        <section class="scroll" tabIndex={0} aria-label={`Rows of ${format.visible(name)}`}>
          <table class="rows">
            <thead>
              <tr>
                {columns.map((column, at) => (
                  <th key={column} scope="col" class={typeof rows[0]?.[at] === 'number' ? 'right' : ''}>
                    <Text>{column}</Text>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                // Rows have no name here
                <tr key={at}>
                  {row.map((value, index) => (
                    <td key={columns[index]} class={typeof value === 'number' ? 'right' : ''}>
                      {value === null ? <span class="faint">null</span> : <Text>{String(value)}</Text>}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  )
}
