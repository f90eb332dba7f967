import type { StampedRecord } from '@bzzz/base'
import { createSigner } from '@bzzz/crypto'
import { expect, test } from '@jest/globals'
import { Attester } from '../src/attester.js'

const signer = createSigner(new Uint8Array(32).fill(1))

const record = (key: string): StampedRecord => ({
  key,
  value: Uint8Array.of(1),
  deleted: false,
  version: { wallMs: 1, counter: 0, writer: signer.peerId },
  opId: `op of ${key}`,
})

test('a record that travels again keeps its proof, and only new ones are signed', () => {
  let signatures = 0
  const attester = new Attester({
    ...signer,
    sign: (message) => {
      signatures++
      return signer.sign(message)
    },
  })
  const [a, b, c] = [record('a'), record('b'), record('c')]
  const first = attester.sign([a, b])
  expect(attester.sign([b, a])).toEqual(first.toReversed())
  expect(signatures).toBe(1)
  const [again, other] = attester.sign([a, c])
  expect(again).toEqual(first[0])
  expect(signatures).toBe(2)
  for (const signed of [...first, other])
    expect(signed && attester.verify(signed).version).toEqual(a.version)
})
