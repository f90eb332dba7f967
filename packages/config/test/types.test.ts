import { describe, expect, test } from '@jest/globals'
import * as fc from 'fast-check'
import { bootstrapNodeType, endpointType } from '../src/types/bootstrap-node.js'
import { booleanType } from '../src/types/boolean.js'
import { byteSizeType } from '../src/types/byte-size.js'
import { durationType, millisecondsType } from '../src/types/duration.js'
import { hostType, originType } from '../src/types/host.js'
import { integerType } from '../src/types/integer.js'
import { listType } from '../src/types/list.js'
import { multiaddrType, peerIdType } from '../src/types/multiaddr.js'
import { choiceType, pathType } from '../src/types/text.js'
import type { ValueType } from '../src/value-type.js'
import { parse } from './helpers.js'

const DAY_MS = 86_400_000
const duration = durationType({ minMs: 0, maxMs: 100 * DAY_MS })
const size = byteSizeType({ minBytes: 0, maxBytes: 1024 ** 4 })
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'

describe('boolean', () => {
  test.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['yes', true],
    ['false', false],
    ['0', false],
    ['No', false],
  ])('%s', (text, value) => expect(parse(booleanType(), text)).toBe(value))

  test.each(['on', 'y', 't', 'truee', '2', ''])('refuses %j', (text) =>
    expect(parse(booleanType(), text)).toMatch(/write true or false$/),
  )
})

describe('integer', () => {
  const type = integerType({ min: -5, max: 70 })
  test.each([
    ['0', 0],
    ['-0', 0],
    ['-5', -5],
    ['70', 70],
    ['007', 7],
  ])('%s', (text, value) => expect(parse(type, text)).toBe(value))

  test.each(['-6', '71', '0x10', '1e1', '1.0', '1_000', '', ' 1', '99999999999999999'])(
    'refuses %j',
    (text) => expect(parse(type, text)).toMatch(/from -5 to 70$/),
  )
})

describe('duration', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1h30m', 5_400_000],
    ['1m500ms', 60_500],
    ['2d', 2 * DAY_MS],
    ['0s', 0],
  ])('%s', (text, ms) => expect(parse(duration, text)).toBe(ms))

  test.each([
    ['30', '30 has no unit; write 30s for seconds, 30ms for milliseconds or 30m for minutes'],
    ['0', /has no unit/],
    ['5M', /; write 5m$/],
    ['5 m', /; write 5m$/],
    ['30m1h', /is not a duration/],
    ['5m5m', /is not a duration/],
    ['1.5m', /is not a duration/],
    ['-5s', /is not a duration/],
    ['5minutes', /is not a duration/],
    ['', /is not a duration/],
    ['101d', /out of range; write a value from 0ms to 100d$/],
    ['999999999999d', /out of range; write/],
  ])('refuses %j', (text, sentence) => expect(parse(duration, text)).toMatch(sentence))

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100 * DAY_MS }), (ms) => {
        expect(parse(duration, duration.format(ms))).toBe(ms)
      }),
    )
  })

  test('a field in milliseconds takes a bare number', () => {
    const type = millisecondsType({ minMs: 1, maxMs: 10_000 })
    expect([parse(type, '5000'), parse(type, '5s'), type.format(5000)]).toEqual([
      5000,
      5000,
      '5000',
    ])
    expect(parse(type, '0')).toMatch(/out of range/)
    expect(parse(type, '10001')).toMatch(/out of range/)
  })
})

describe('byte size', () => {
  test.each([
    ['0B', 0],
    ['512B', 512],
    ['64KiB', 65_536],
    ['64MiB', 67_108_864],
    ['1GiB', 1_073_741_824],
  ])('%s', (text, bytes) => expect(parse(size, text)).toBe(bytes))

  test.each([
    ['64', /has no unit; write 64MiB, 64KiB or 64B$/],
    ['64MB', /; write 64MiB$/],
    ['64m', /; write 64MiB$/],
    ['64 kib', /; write 64KiB$/],
    ['64b', /; write 64B$/],
    ['1.5GiB', /write a number and a unit/],
    ['-1B', /write a number and a unit/],
    ['1025GiB', /out of range; write a value from 0B to 1024GiB$/],
  ])('refuses %j', (text, sentence) => expect(parse(size, text)).toMatch(sentence))

  test('what is formatted is read back', () => {
    fc.assert(
      fc.property(fc.nat(), (bytes) => {
        expect(parse(size, size.format(bytes))).toBe(bytes)
      }),
    )
  })
})

describe('choice and path', () => {
  test('a choice suggests the nearest word', () => {
    const type = choiceType(['disk', 'memory'])
    expect(parse(type, 'memory')).toBe('memory')
    expect(parse(type, 'Memroy')).toMatch(/; did you mean memory\?$/)
    expect(parse(type, 'constructor')).toMatch(/is not one of disk, memory; $/)
  })

  test('paths', () => {
    expect(parse(pathType(), 'data dir/x')).toBe('data dir/x')
    expect(parse(pathType(), '~/data')).toMatch(/only a shell expands/)
    expect(parse(pathType(), 'a\0b')).toMatch(/zero byte/)
    expect(parse(pathType(), '')).toMatch(/empty/)
    expect(parse(pathType(), 'x'.repeat(4095))).toHaveLength(4095)
    expect(parse(pathType(), 'x'.repeat(4096))).toMatch(/4096 characters/)
  })
})

describe('bootstrap node', () => {
  const type = bootstrapNodeType()
  test.each([
    ['192.168.1.100:8080', { kind: 'host-port', host: '192.168.1.100', port: 8080 }],
    ['mesh.example.org:1', { kind: 'host-port', host: 'mesh.example.org', port: 1 }],
    ['[fd00::7]:65535', { kind: 'host-port', host: 'fd00::7', port: 65_535 }],
    ['[::ffff:1.2.3.4]:80', { kind: 'host-port', host: '::ffff:1.2.3.4', port: 80 }],
    ['/ip4/10.0.0.1/tcp/4281', { kind: 'multiaddr', multiaddr: '/ip4/10.0.0.1/tcp/4281' }],
    [
      `/dns4/x.org/tcp/1/ws/p2p/${PEER}`,
      { kind: 'multiaddr', multiaddr: `/dns4/x.org/tcp/1/ws/p2p/${PEER}` },
    ],
    ['/ip6/::1/tcp/1/tls/ws', { kind: 'multiaddr', multiaddr: '/ip6/::1/tcp/1/tls/ws' }],
  ])('%s', (text, node) => {
    const parsed = type.parse(text)
    expect(parsed).toEqual({ ok: true, value: node })
    expect(parsed.ok && type.format(parsed.value)).toBe(text)
  })

  test.each([
    ['::1:80', /write \[::1:80\]:port/],
    ['fd00::7', /has no brackets/],
    ['mesh.example.org', /has no port/],
    ['mesh.example.org:0', /is not a port/],
    ['mesh.example.org:65536', /is not a port/],
    ['mesh.example.org:', /is not a port/],
    ['http://10.0.0.1:80/x', /is a URL; write only its host and port: 10.0.0.1:80$/],
    ['256.1.1.1:80', /is not a host name/],
    ['01.1.1.1:80', /is not a host name/],
    ['-x:80', /is not a host name/],
    [`${'x'.repeat(64)}:80`, /is not a host name/],
    [':80', /is not a host name/],
    ['[1.2.3.4]:80', /is not an IPv6 address/],
    ['[1::2::3]:80', /is not an IPv6 address/],
    ['[1:2:3:4:5:6:7]:80', /is not an IPv6 address/],
    ['/ip4/10.0.0.1', /not an address that can be reached/],
    ['/tcp/80', /not an address that can be reached/],
    ['/ip4/10.0.0.256/tcp/80', /"10.0.0.256" is not a value for \/ip4/],
    ['/ip4/10.0.0.1/tcp/65536', /is not a value for \/tcp/],
    ['/ip4/10.0.0.1/tcp', /is not a value for \/tcp/],
    ['/ip4/10.0.0.1/udp/1/quic-v1', /"udp", which this node does not speak/],
    ['/ip4/10.0.0.1/tcp/1/p2p/nobody', /is not a value for \/p2p/],
    ['/ip4/10.0.0.1/tcp/1/tcp/2', /not an address that can be reached/],
    ['/', /does not speak/],
    ['', /has no port/],
  ])('refuses %j', (text, sentence) => expect(parse(type, text)).toMatch(sentence))
})

test('hosts, origins, endpoints and peer ids', () => {
  expect(parse(hostType(), '[::1]')).toBe('::1')
  expect(parse(hostType(), 'localhost')).toBe('localhost')
  expect(parse(hostType(), 'localhost:80')).toMatch(/leave the port out: localhost$/)
  expect(parse(hostType(), 'a b')).toMatch(/write for example/)
  expect(parse(originType(), 'https://a.org')).toBe('https://a.org')
  expect(parse(originType(), 'http://[::1]:5173')).toBe('http://[::1]:5173')
  expect(parse(originType(), 'http://a.org/')).toMatch(/has a path; write http:\/\/a.org$/)
  expect(parse(originType(), 'http://A.org')).toMatch(/write http:\/\/a.org$/)
  for (const text of ['*', 'null', 'a.org', 'ftp://a.org', 'http://a:b@c', 'http://::1'])
    expect(parse(originType(), text)).toMatch(/is not an origin/)
  expect(parse(endpointType(), 'http://192.168.1.100:8080')).toBe('http://192.168.1.100:8080')
  expect(parse(endpointType(), 'http://192.168.1.100')).toMatch(/has no port/)
  expect(parse(endpointType(), '192.168.1.100:80')).toMatch(/is not the URL/)
  expect(parse(peerIdType(), PEER)).toBe(PEER)
  expect(parse(peerIdType(), PEER.slice(0, 40))).toMatch(/is not a peer id/)
  expect(parse(peerIdType(), PEER.replace('y', '0'))).toMatch(/is not a peer id/)
  expect(parse(multiaddrType(), 'x')).toMatch(/is not a multiaddr/)
})

describe('list', () => {
  const type = listType(integerType({ min: 0, max: 9 }), { itemsMax: 3 })
  test('commas, spaces, nothing', () => {
    expect(parse(type, '1, 2,3')).toEqual([1, 2, 3])
    expect(parse(type, '')).toEqual([])
  })
  test.each([
    ['1,,2', /empty item/],
    ['1,', /empty item/],
    ['1,2,3,4', /more than 3 items/],
    ['1,10', /10 is out of range/],
  ])('refuses %j', (text, sentence) => expect(parse(type, text)).toMatch(sentence))
  test('cannot be changed by who reads it', () => {
    expect(Object.isFrozen(parse(type, '1'))).toBe(true)
  })
})

test('no text makes a type throw, and what one accepts it formats and reads back', () => {
  const types: readonly ValueType<unknown>[] = [
    booleanType(),
    integerType({ min: -10, max: 10 }),
    duration,
    size,
    choiceType(['a', 'b']),
    pathType(),
    hostType(),
    originType(),
    bootstrapNodeType(),
    endpointType(),
    peerIdType(),
    multiaddrType(),
    listType(bootstrapNodeType()),
  ]
  const piece = fc.constantFrom(
    '1',
    '30',
    's',
    'ms',
    'MiB',
    '/',
    'ip4',
    'tcp',
    ':',
    '[',
    ']',
    '.',
    ',',
    'a',
    '::',
    'p2p',
    '-',
    '\u202e',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(fc.constantFrom(...types), text, (type, input) => {
      const parsed = type.parse(input)
      const again = parsed.ok ? type.parse(type.format(parsed.value)) : parsed
      expect(again).toEqual(parsed)
      expect(parsed.ok ? '' : parsed.problem).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
    }),
    { numRuns: 3000 },
  )
})
