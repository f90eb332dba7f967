import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import {
  EventParser,
  formatEvent,
  HEARTBEAT,
  parseEventId,
  STREAM_HEAD,
} from '../src/event-stream.js'
import { decodeItem, encodeItem, type ItemOf } from '../src/streams.js'
import { bytes, refusal } from './helpers.js'

const event = fc.record({
  id: fc.stringMatching(/^[a-z0-9]{1,8}\.\d{1,6}$/),
  data: fc.string({ unit: 'binary', maxLength: 200 }).map((text) => JSON.stringify(text)),
})

describe('events on the wire', () => {
  test('arrive as they were sent, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(event), fc.array(fc.integer({ min: 1, max: 40 })), (events, cuts) => {
        const sent = bytes(
          STREAM_HEAD + events.map((each) => formatEvent(each) + HEARTBEAT).join(''),
        )
        const parser = new EventParser()
        const seen = []
        let from = 0
        for (let turn = 0; from < sent.length; turn++) {
          const to = from + (cuts[turn % Math.max(1, cuts.length)] ?? sent.length)
          seen.push(...parser.push(sent.subarray(from, to)))
          from = to
        }
        expect(seen).toEqual(events)
      }),
    )
  })

  test('by the rules of others as well: CRLF, several data lines, fields that we do not know', () => {
    const parser = new EventParser()
    const text =
      ': hello\r\nevent: x\r\nid:7\r\ndata: a\r\ndata\r\ndata:  b\r\n\r\ndata: next\r\n\r\n'
    expect(parser.push(bytes(text))).toEqual([
      { id: '7', data: 'a\n\n b' },
      { id: '7', data: 'next' },
    ])
  })

  test('a line, and an event, that never end are refused before they are kept', () => {
    const endless = bytes('x'.repeat(64 * 1024))
    const parser = new EventParser()
    expect(refusal(() => [0, 1, 2].map(() => parser.push(endless)))).toMatch(/never ends/)
    const lines = new EventParser()
    const line = bytes(`data: ${'x'.repeat(60 * 1024)}\n`)
    expect(refusal(() => [0, 1, 2].map(() => lines.push(line)))).toMatch(/never ends/)
  })

  test('bytes that are no text are refused', () => {
    expect(refusal(() => new EventParser().push(new Uint8Array([0xff, 10])))).toMatch(
      /^API_RESPONSE_INVALID/,
    )
  })

  test.each([undefined, '', 'a b', 'a\n', '\u{1F600}', 'x'.repeat(65), ['a']])(
    'no id of ours: %p',
    (header) => {
      expect(parseEventId(header)).toBeUndefined()
      expect(parseEventId('l1x.12')).toBe('l1x.12')
    },
  )
})

const SWITCHED: ItemOf<'switches'> = {
  kind: 'backend-switched',
  component: 'dht',
  id: 4,
  from: 'real',
  to: 'store',
  reason: 'no quorum',
  position: { epoch: 2, sequence: 17 },
  at: '2026-01-01T00:00:00.000Z',
}

describe('items', () => {
  test('come back as they were', () => {
    expect(decodeItem('switches', encodeItem('switches', SWITCHED))).toEqual(SWITCHED)
  })

  test('of a newer coordinator are left out, and so is what is no JSON', () => {
    const newer = JSON.stringify({ kind: 'moon-risen', at: SWITCHED.at })
    expect([newer, '{', '7'].map((json) => decodeItem('switches', json))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('that a coordinator must not send do not leave it', () => {
    const wrong = { ...SWITCHED, to: 'nowhere' } as unknown as ItemOf<'switches'>
    expect(refusal(() => encodeItem('switches', wrong))).toMatch(/^API_RESPONSE_INVALID/)
  })
})
