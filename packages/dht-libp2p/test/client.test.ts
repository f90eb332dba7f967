import type { PeerTransport, StampedRecord } from '@bzzz/base'
import { createSigner } from '@bzzz/crypto'
import { describe, expect, test } from '@jest/globals'
import { Attester } from '../src/attester.js'
import { Client } from '../src/client.js'
import { decodeLeaf } from '../src/wire/record-codec.js'
import { decodeRequest } from '../src/wire/request.js'

const signer = createSigner(new Uint8Array(32).fill(1))

const viewHash = (): Uint8Array => new Uint8Array(8)

const record = (key: string): StampedRecord => ({
  key,
  value: Uint8Array.of(1),
  deleted: false,
  version: { wallMs: 1, counter: 0, writer: signer.peerId },
  opId: `op of ${key}`,
})

/** Writes the records of each peer in one tick; what was sent to whom. */
const sentFor = async (wanted: Record<string, readonly StampedRecord[]>) => {
  const payloads: Record<string, Uint8Array> = {}
  const transport = {
    request: (peer: string, _protocol: string, payload: Uint8Array) => {
      payloads[peer] = payload
      return new Promise(() => {})
    },
  } as unknown as PeerTransport
  const attester = new Attester(signer)
  const client = new Client({ transport, attester, tryMs: 100, viewHash })
  for (const [peer, records] of Object.entries(wanted))
    for (const each of records) client.write(peer, each, () => {})
  await Promise.resolve()
  const keys = Object.entries(payloads).map(([peer, payload]) => {
    const request = decodeRequest(payload)
    const records = request.kind === 'write' ? request.records : []
    return [peer, records.map(({ leaf }) => decodeLeaf(leaf).key)]
  })
  return { payloads, keys: Object.fromEntries(keys) as Record<string, string[]> }
}

describe('writes of one tick', () => {
  test('peers that get the same records share one message, others get their own', async () => {
    const [a, b] = [record('a'), record('b')]
    const { payloads, keys } = await sentFor({ p: [a, b], q: [a, b], r: [a], s: [b], t: [b, a] })
    expect(keys).toEqual({ p: ['a', 'b'], q: ['a', 'b'], r: ['a'], s: ['b'], t: ['b', 'a'] })
    expect(payloads['q']).toBe(payloads['p'])
  })
})
