/** One event of a `text/event-stream`. */
export interface ServerEvent {
  event: string
  data: string
  id: string
}

/**
 * Takes a `text/event-stream` apart, in pieces cut anywhere (HTML standard, 9.2.6).
 *
 * The browser's own EventSource cannot send an Authorization header, hence this.
 */
export class SseParser {
  private rest = ''
  private data: string[] = []
  private event = ''
  private id = ''

  /** The events that this piece completes. */
  push(piece: string): ServerEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/)
    this.rest = lines.pop() ?? ''
    return lines.flatMap((line) => this.line(line) ?? [])
  }

  private line(line: string): ServerEvent | null {
    if (line === '') return this.dispatch()
    if (line.startsWith(':')) return null
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'data') this.data.push(value)
    else if (field === 'event') this.event = value
    else if (field === 'id' && !value.includes('\0')) this.id = value
    return null
  }

  private dispatch(): ServerEvent | null {
    const { event, data, id } = this
    this.event = ''
    this.data = []
    return data.length ? { event: event || 'message', data: data.join('\n'), id } : null
  }
}
