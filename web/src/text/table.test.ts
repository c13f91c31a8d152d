import { expect, it } from 'vitest'
import { csv } from './table'

it('CSV has plain numbers, units, and quotes where they are needed', () => {
  const table = {
    columns: [{ label: 'Time' }, { label: 'Total', unit: 'W', show: () => 'never in the file' }, { label: 'Panel "A", left' }],
    rows: [
      ['2026-06-21T10:00:00.000Z', 1234.5, null],
      ['x', 0, 'two\nlines'],
    ],
  }
  expect(csv(table)).toBe(
    'Time,Total (W),"Panel ""A"", left"\r\n2026-06-21T10:00:00.000Z,1234.5,\r\nx,0,"two\nlines"\r\n',
  )
})
