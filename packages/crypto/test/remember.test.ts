import { describe, expect, test } from '@jest/globals'
import { rememberingVerifier, type VerifyBackend } from '../src/remember.js'
import type { VerifierOptions } from '../src/index.js'

/** Counts the work that the caches are there to save. Valid: a signature that starts with 1. */
const counting = (options: VerifierOptions = {}) => {
  const work = { prepared: 0, verified: 0 }
  const backend: VerifyBackend<Uint8Array> = {
    prepare: (publicKey) => {
      work.prepared++
      return publicKey[0] === 0xff ? undefined : publicKey
    },
    verify: (_key, _message, signature) => {
      work.verified++
      return signature[0] === 1
    },
  }
  return { work, verifier: rememberingVerifier(backend, options) }
}

const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
const message = Uint8Array.of(1, 2)
const valid = new Uint8Array(64).fill(1)
const invalid = new Uint8Array(64).fill(2)

describe('the memory of a verifier', () => {
  test('prepares a key once', () => {
    const { work, verifier } = counting()
    for (let i = 0; i < 5; i++) verifier.verify(key(1), message, valid)
    expect(work).toEqual({ prepared: 1, verified: 5 })
  })

  test('keeps at most keysMax keys', () => {
    const { work, verifier } = counting({ keysMax: 2 })
    for (const byte of [1, 2, 3, 1]) verifier.verify(key(byte), message, valid)
    expect(work.prepared).toBe(4)
  })

  test('does not keep a key that is unusable', () => {
    const { work, verifier } = counting({ keysMax: 1 })
    verifier.verify(key(1), message, valid)
    expect(verifier.verify(key(0xff), message, valid)).toBe(false)
    verifier.verify(key(1), message, valid)
    expect(work).toEqual({ prepared: 2, verified: 2 })
  })

  test('verifies a shared message once', () => {
    const { work, verifier } = counting()
    for (let i = 0; i < 64; i++) expect(verifier.verifyOnce(key(1), message, valid)).toBe(true)
    expect(work.verified).toBe(1)
  })

  test('does not remember failures, so that they cannot push out successes', () => {
    const { work, verifier } = counting({ rootsMax: 1 })
    verifier.verifyOnce(key(1), message, valid)
    for (let i = 0; i < 3; i++) expect(verifier.verifyOnce(key(1), message, invalid)).toBe(false)
    verifier.verifyOnce(key(1), message, valid)
    expect(work.verified).toBe(4)
  })

  test('tells key, message and signature apart', () => {
    const { work, verifier } = counting()
    verifier.verifyOnce(key(1), message, valid)
    verifier.verifyOnce(key(2), message, valid)
    verifier.verifyOnce(key(1), Uint8Array.of(1, 3), valid)
    verifier.verifyOnce(key(1), message, Uint8Array.from(valid).fill(9, 63))
    expect(work.verified).toBe(4)
  })

  test('keeps at most rootsMax messages, and none that is long', () => {
    const { work, verifier } = counting({ rootsMax: 1 })
    verifier.verifyOnce(key(1), message, valid)
    verifier.verifyOnce(key(1), new Uint8Array(257), valid)
    verifier.verifyOnce(key(1), new Uint8Array(257), valid)
    verifier.verifyOnce(key(1), message, valid)
    expect(work.verified).toBe(3)
    verifier.verifyOnce(key(2), message, valid)
    verifier.verifyOnce(key(1), message, valid)
    expect(work.verified).toBe(5)
  })

  test('remembers nothing, not even the last success, when told so', () => {
    const { work, verifier } = counting({ rootsMax: 0 })
    for (let i = 0; i < 3; i++) expect(verifier.verifyOnce(key(1), message, valid)).toBe(true)
    expect(work.verified).toBe(3)
  })

  test('a signature or key of another length reaches no backend', () => {
    const { work, verifier } = counting()
    expect(verifier.verify(key(1), message, new Uint8Array(65).fill(1))).toBe(false)
    expect(verifier.verify(new Uint8Array(33), message, valid)).toBe(false)
    expect(work).toEqual({ prepared: 0, verified: 0 })
  })

  test('the caller may reuse its buffers', () => {
    const { verifier } = counting()
    const buffer = Uint8Array.from(valid)
    expect(verifier.verifyOnce(key(1), message, buffer)).toBe(true)
    buffer.set(invalid)
    expect(verifier.verifyOnce(key(1), message, buffer)).toBe(false)
  })
})
