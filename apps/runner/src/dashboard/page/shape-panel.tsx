import type { TableAnswer } from '../answers.ts'
import { DataTable } from './data-table.tsx'
import { Text } from './text.tsx'
import { TimeAgo } from './time-ago.tsx'

/** The columns of a table, and the history of its changes. */
export function ShapePanel({ answer: { columns, changes, key, cursor, now } }: { readonly answer: TableAnswer }) {
  if (columns.length === 0) return null
  const role = (name: string): string =>
    [...(key.includes(name) ? ['key'] : []), ...(cursor?.column === name ? ['cursor'] : [])].join(', ')
  return (
    <div class="columns">
      <section class="panel" aria-labelledby="shape">
        <h2 id="shape">Columns</h2>
        <DataTable
          caption="Columns of this table"
          columns={[
            { name: 'column', label: 'Column', isTitle: true },
            { name: 'type', label: 'Type' },
            { name: 'role', label: 'Role' },
          ]}
          rows={columns.map(({ name, column, type }) => ({
            key: column,
            cells: [
              <Text key="column">{column}</Text>,
              <span key="type" class="soft">
                {type}
              </span>,
              role(name),
            ],
          }))}
        />
      </section>
      <section class="panel" aria-labelledby="changes">
        <h2 id="changes">Changes</h2>
        {changes.length === 0 ? (
          <p class="soft">No changes since the table was created.</p>
        ) : (
          <ol class="changes">
            {changes.map(({ change, at }) => (
              <li key={`${at} ${change}`}>
                <span class="soft">
                  <TimeAgo at={at} now={now} />
                </span>
                <Text>{change}</Text>
              </li>
            ))}
          </ol>
        )}
      </section>
    </div>
  )
}
