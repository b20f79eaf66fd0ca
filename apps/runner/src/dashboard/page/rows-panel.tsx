import type { RowsAnswer } from '../list-answers.ts'
import { useAnswer } from './ask.ts'
import { format } from './format.ts'
import { type Place, router } from './router.ts'
import { SearchField } from './search-field.tsx'
import { Text } from './text.tsx'

/** Some rows, as they are in the database: the newest, those with a text, or of a partition. */
export function RowsPanel({ name, place }: { readonly name: string; readonly place: Place }) {
  const [search, column, of] = ['rows', 'column', 'of'].map((word) => place.search.get(word) ?? '') as [
    string,
    string,
    string,
  ]
  const question = new URLSearchParams({ name, search, column })
  if (of !== '') question.set('partition', of)
  const { answer, trouble } = useAnswer<RowsAnswer>(`/api/rows?${question}`)
  if (answer === undefined)
    return trouble === undefined ? null : (
      <section class="panel" aria-label="Rows">
        <p class="problem">
          <Text>{trouble.message}</Text>
        </p>
      </section>
    )
  const { columns, rows, isNumber } = answer
  return (
    <section class="panel" aria-labelledby="rows">
      <div class="heading">
        <h2 id="rows">{titleOf(answer, search !== '' || of !== '')}</h2>
        <search class="filter">
          <SearchField label="Search rows" word="rows" place={place} />
          <Choice label="Column" all="All columns" word="column" values={columns} chosen={column} />
          {answer.partitions.length > 0 && (
            <Choice label="Partition" all="All partitions" word="of" values={answer.partitions} chosen={of} />
          )}
        </search>
      </div>
      {answer.searchedAmong !== null && (
        <p class="soft">Searched {format.count(answer.searchedAmong)} rows of the table, not all of them.</p>
      )}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the scrolling area must be reachable by keyboard
        <section class="scroll" tabIndex={0} aria-label={`Rows of ${format.visible(name)}`}>
          <table class="rows">
            <thead>
              <tr>
                {columns.map((one, at) => (
                  <th key={one} scope="col" class={isNumber[at] === true ? 'right' : ''}>
                    <Text>{one}</Text>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, at) => (
                // Rows have no name here
                <tr key={at}>
                  {row.map((value, index) => (
                    <td key={columns[index]} class={isNumber[index] === true ? 'right' : ''}>
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

function titleOf({ rows, isNewest }: RowsAnswer, isFiltered: boolean): string {
  if (rows.length === 0) return isFiltered ? 'No row like that' : 'No rows'
  if (isNewest) return `The newest ${format.plural(rows.length, 'row')}${isFiltered ? ' like that' : ''}`
  return `${format.plural(rows.length, 'row')} of the table${isFiltered ? ' like that' : ''}`
}

interface ChoiceProps {
  readonly label: string
  readonly all: string
  readonly word: string
  readonly values: readonly string[]
  readonly chosen: string
}

function Choice({ label, all, word, values, chosen }: ChoiceProps) {
  return (
    <label>
      <span class="hidden">{label}</span>
      <select
        value={chosen}
        onChange={(event) => router.go(router.with({ [word]: event.currentTarget.value }), 'replace')}
      >
        <option value="">{all}</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {format.visible(value)}
          </option>
        ))}
      </select>
    </label>
  )
}
