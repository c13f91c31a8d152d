import type { Table } from '../text/table'
import type { Ink } from './ink'

/** Everything about a chart: how it is drawn, and the same figures as a table. */
export interface ChartSpec {
  /** Made anew for each theme and width. */
  option(ink: Ink, width: number): Record<string, unknown>
  table: Table
  /** One sentence for those who do not see it. */
  summary: string
  /** Name of the CSV file, without its ending. */
  file: string
}
