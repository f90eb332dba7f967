import { codeOf, concatBytes, fromHex, toHex } from '@bzzz/base'
import { describe, expect, test } from '@jest/globals'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import * as fc from 'fast-check'
import { base58btc } from 'multiformats/bases/base58'
import { createSigner, peerIdOf, publicKeyOf } from '../src/index.node.js'
import { vectors } from './support.js'

const { cases, invalid } = vectors('peer-id') as {
  cases: { seed: string; publicKey: string; peerId: string }[]
  invalid: string[]
}

const thrownCode = (call: () => unknown): string | undefined => {
  try {
    call()
    return undefined
  } catch (error) {
    return codeOf(error)
  }
}

describe('peer ids', () => {
  test.each(cases)('$peerId', ({ seed, publicKey, peerId }) => {
    expect(createSigner(fromHex(seed)).peerId).toBe(peerId)
    expect(peerIdOf(fromHex(publicKey))).toBe(peerId)
    expect(toHex(publicKeyOf(peerId))).toBe(publicKey)
  })

  test('are those of libp2p', async () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
    await fc.assert(
      fc.asyncProperty(seed, async (bytes) => {
        const { publicKey } = await generateKeyPairFromSeed('Ed25519', bytes)
        expect(createSigner(bytes).peerId).toBe(peerIdFromPublicKey(publicKey).toString())
      }),
      { numRuns: 20 },
    )
  })

  test('give back every key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
        expect(publicKeyOf(peerIdOf(key))).toEqual(key)
      }),
    )
  })

  test.each(invalid)('refused: "%s"', (text) => {
    expect(thrownCode(() => publicKeyOf(text))).toBe('CRYPTO_PEER_ID_INVALID')
  })

  test('of another key type or multihash are refused although equally long', () => {
    const key = new Uint8Array(32).fill(5)
    for (const prefix of ['002408021220', '002408011120', '012408011220', '002508011220']) {
      const text = base58btc.baseEncode(concatBytes([fromHex(prefix), key]))
      expect(thrownCode(() => publicKeyOf(text))).toBe('CRYPTO_PEER_ID_INVALID')
    }
  })

  test('any other value is refused with the same code', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(thrownCode(() => publicKeyOf(value as string))).toBe('CRYPTO_PEER_ID_INVALID')
      }),
    )
  })

  test('a huge text is refused by its length, not decoded', () => {
    // base58 is quadratic: decoding this would take minutes, and the test would time out.
    expect(thrownCode(() => publicKeyOf('z'.repeat(2_000_000)))).toBe('CRYPTO_PEER_ID_INVALID')
  })

  test('a public key of another length is refused', () => {
    for (const length of [0, 31, 33])
      expect(thrownCode(() => peerIdOf(new Uint8Array(length)))).toBe('CRYPTO_KEY_INVALID')
  })
})
