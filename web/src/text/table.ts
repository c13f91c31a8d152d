/** What a chart shows, as rows: behind every chart as a table, and as CSV. */
export interface Table {
  /** First column: what a row is about. */
  columns: Column[]
  rows: Cell[][]
}

export interface Column {
  label: string
  /** `W`, `Wh`, `V`; none for a name or a time. */
  unit?: string
  /** How a person reads it; the CSV has the plain value. */
  show?: (cell: Cell) => string
}

export type Cell = string | number | null

/** RFC 4180. Numbers have a point and times their zone, so that any program reads them. */
export function csv(table: Table): string {
  const head = table.columns.map((column) =>
    column.unit ? `${column.label} (${column.unit})` : column.label,
  )
  const lines = [head, ...table.rows.map((row) => row.map((cell) => plain(cell)))]
  return lines.map((line) => line.map(quoted).join(',') + '\r\n').join('')
}

function plain(cell: Cell): string {
  return cell === null ? '' : String(cell)
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** How a cell is shown to a person. */
export function shown(column: Column | undefined, cell: Cell): string {
  return column?.show ? column.show(cell) : cell === null ? '–' : String(cell)
}

/** Lets the browser save a text as a file. */
export function save(name: string, text: string, type = 'text/csv'): void {
  // The mark at the start makes spreadsheets read it as UTF-8.
  const blob = new Blob(['\ufeff', text], { type: `${type};charset=utf-8` })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 1000)
}
