import { describe, expect, it } from 'vitest'
import { SseParser } from './sse'

const TEXT = ': hello\r\n\r\nevent: state\nid: 5f-1\ndata: {"a":1}\n\nid: 5f-2\ndata: first\ndata:second\n\nevent: none\n\n'
const EVENTS = [
  { event: 'state', id: '5f-1', data: '{"a":1}' },
  { event: 'message', id: '5f-2', data: 'first\nsecond' },
]

describe('a stream of events', () => {
  it('is taken apart', () => {
    expect(new SseParser().push(TEXT)).toEqual(EVENTS)
  })

  it('is the same wherever the network cuts it', () => {
    for (let cut = 0; cut <= TEXT.length; cut++) {
      const parser = new SseParser()
      expect([...parser.push(TEXT.slice(0, cut)), ...parser.push(TEXT.slice(cut))], `cut at ${cut}`).toEqual(EVENTS)
    }
    const parser = new SseParser()
    expect([...TEXT].flatMap((letter) => parser.push(letter))).toEqual(EVENTS)
  })

  it('says nothing of an event that is not whole', () => {
    expect(new SseParser().push('event: state\ndata: {}\n')).toEqual([])
  })
})
