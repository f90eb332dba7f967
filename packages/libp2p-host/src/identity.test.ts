import { codeOf, messageOf, toHex } from '@bzzz/base'
import { createSigner } from '@bzzz/crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadIdentity } from './identity.js'

let directory = ''
let file = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bzzz-identity-'))
  file = join(directory, 'identity.json')
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const failure = (): Promise<unknown> =>
  loadIdentity(file).then(
    () => undefined,
    (error: unknown) => error,
  )

describe('the identity file', () => {
  test('is made once, with mode 0600, and read from then on', async () => {
    const first = await loadIdentity(file)
    expect(first.created).toBe(true)
    expect(first.peerId).toBe(createSigner(first.seed).peerId)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['identity.json'])
    const second = await loadIdentity(file)
    expect({ ...second, seed: toHex(second.seed) }).toEqual({
      seed: toHex(first.seed),
      peerId: first.peerId,
      created: false,
    })
  })

  test('processes that start at once agree on one identity', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => loadIdentity(file)))
    expect(new Set(all.map(({ peerId }) => peerId)).size).toBe(1)
    expect(all.filter(({ created }) => created)).toHaveLength(1)
    expect(await readdir(directory)).toEqual(['identity.json'])
  })

  test.each([0o644, 0o640, 0o660, 0o604, 0o610])('mode %o is refused', async (mode) => {
    await loadIdentity(file)
    await chmod(file, mode)
    expect(codeOf(await failure())).toBe('IDENTITY_EXPOSED')
  })

  test('a file cut anywhere is damaged, and its error tells no byte of the key', async () => {
    const { seed } = await loadIdentity(file)
    const whole = await readFile(file)
    const hex = toHex(seed)
    for (let length = 0; length < whole.length - 1; length++) {
      await writeFile(file, whole.subarray(0, length))
      const error = await failure()
      expect(codeOf(error)).toBe('IDENTITY_DAMAGED')
      expect(`${messageOf(error)} ${JSON.stringify(error)}`).not.toContain(hex.slice(0, 8))
    }
  })

  test('a flipped digit is damaged, never another identity', async () => {
    const { seed } = await loadIdentity(file)
    const text = await readFile(file, 'utf8')
    const at = text.indexOf(toHex(seed))
    for (let i = 0; i < 64; i++) {
      const digit = text[at + i] === '0' ? '1' : '0'
      await writeFile(file, text.slice(0, at + i) + digit + text.slice(at + i + 1))
      expect(codeOf(await failure())).toBe('IDENTITY_DAMAGED')
    }
  })

  test.each(['[]', 'null', '{"format":"bzzz-identity/2"}', '"x"', '0'.repeat(5_000)])(
    '%.30s is damaged',
    async (text) => {
      await writeFile(file, text, { mode: 0o600 })
      expect(codeOf(await failure())).toBe('IDENTITY_DAMAGED')
    },
  )

  test('a missing directory is told, and nothing is left behind', async () => {
    file = join(directory, 'missing', 'identity.json')
    expect(codeOf(await failure())).toBe('IDENTITY_FAILED')
    expect(await readdir(directory)).toEqual([])
  })
})
