import type { ComponentChildren } from 'preact'

export interface Column {
  readonly name: string
  readonly label: string
  readonly align?: 'right' | undefined
  /** Sorts by this column; absent: the column is not sortable. */
  readonly onSort?: (() => void) | undefined
  readonly sorted?: 'ascending' | 'descending' | undefined
  /** Shown first on a phone, without its label. */
  readonly isTitle?: boolean | undefined
}

export interface Row {
  readonly key: string | number
  readonly cells: readonly ComponentChildren[]
  readonly class?: string | undefined
}

export interface DataTableProps {
  readonly caption: string
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  readonly class?: string
}

/**
 * A table that becomes a list of cards on a phone. Its roles are explicit, because some browsers drop the table semantics
 * of a table with another layout.
 */
export function DataTable({ caption, columns, rows, class: name = '' }: DataTableProps) {
  return (
    // biome-ignore-start lint/a11y: a table that is laid out as cards keeps its roles only if they are explicit
    <table class={`data ${name}`} role="table">
      <caption class="hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ name: column, label, align, onSort, sorted }) => (
            <th key={column} scope="col" role="columnheader" class={align ?? ''} aria-sort={sorted}>
              {onSort === undefined ? (
                label
              ) : (
                <button type="button" class="sort" onClick={onSort}>
                  {label}
                  <span aria-hidden="true">
                    {sorted === undefined ? '' : sorted === 'ascending' ? '\u00a0↑' : '\u00a0↓'}
                  </span>
                </button>
              )}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ key, cells, class: rowName }) => (
          <tr key={key} role="row" class={rowName ?? ''}>
            {cells.map((cell, at) => {
              const { name: column, label, align, isTitle } = columns[at]!
              return isTitle === true ? (
                <th key={column} scope="row" role="rowheader" class={`title ${align ?? ''}`}>
                  {cell}
                </th>
              ) : (
                <td key={column} role="cell" class={align ?? ''} data-label={label}>
                  {cell}
                </td>
              )
            })}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y: see above
  )
}
