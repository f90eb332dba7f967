import { describe, expect, test } from '@jest/globals'
import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'
import { joinedWrites } from './joined-writes.js'

const secure = (connection: MessageStream): Promise<SecuredConnection> =>
  Promise.resolve({ connection } as SecuredConnection)

/** A header of yamux that gives back room in the window of a stream. */
const update = (streamId: number): Uint8Array =>
  Uint8Array.of(0, 1, 0, 0, 0, 0, 0, streamId, 0, 0, 1, 0)

const make = (protocol: string): ConnectionEncrypter => ({
  protocol,
  secureInbound: secure,
  secureOutbound: secure,
})

/** An encrypter whose streams record what is sent; they answer that they want no more. */
const recording = () => {
  const sent: unknown[] = []
  const stream = {
    send(data: unknown) {
      expect(this).toBe(stream)
      sent.push(data)
      return false
    },
  } as unknown as MessageStream
  return { sent, encrypter: joinedWrites(make)('/test'), stream }
}

describe('joined writes', () => {
  test.each(['secureInbound', 'secureOutbound'] as const)(
    '%s: a list is one buffer',
    async (way) => {
      const { sent, encrypter, stream } = recording()
      const { connection } = await encrypter[way](stream)
      // As far as a list of buffers is looked at.
      const list = { subarray: () => Uint8Array.of(1, 2, 3) }
      expect(connection.send(list as Parameters<MessageStream['send']>[0])).toBe(false)
      expect(sent).toEqual([Uint8Array.of(1, 2, 3)])
    },
  )

  test('a window update goes along with what is sent next, before it', async () => {
    const { sent, encrypter, stream } = recording()
    const { connection } = await encrypter.secureInbound(stream)
    expect(connection.send(update(1))).toBe(true)
    connection.send(update(2))
    expect(sent).toEqual([])
    expect(connection.send(Uint8Array.of(9))).toBe(false)
    expect(sent).toEqual([Uint8Array.from([...update(1), ...update(2), 9])])
    await new Promise(setImmediate)
    expect(sent).toHaveLength(1)
  })

  test('a window update leaves at the end of the turn when nothing else is sent', async () => {
    const { sent, encrypter, stream } = recording()
    const { connection } = await encrypter.secureOutbound(stream)
    connection.send(update(1))
    await new Promise(setImmediate)
    connection.send(update(2))
    await new Promise(setImmediate)
    expect(sent).toEqual([update(1), update(2)])
  })

  test('frames that open or close a stream, and others, do not wait', async () => {
    const { sent, encrypter, stream } = recording()
    const { connection } = await encrypter.secureInbound(stream)
    const others = [0, 1, 2, 3].map((at) => update(1).with(at, at === 1 ? 2 : 1))
    for (const frame of [...others, update(1).slice(0, 11)]) connection.send(frame)
    expect(sent).toEqual([...others, update(1).slice(0, 11)])
  })

  test('a window update for a connection that has closed is dropped', async () => {
    const { encrypter, stream } = recording()
    stream.send = () => {
      throw new Error('closed')
    }
    const { connection } = await encrypter.secureInbound(stream)
    connection.send(update(1))
    // The turn ends without an uncaught error.
    await new Promise(setImmediate)
    expect(() => connection.send(Uint8Array.of(1))).toThrow('closed')
  })

  test('a buffer is passed on as it is', async () => {
    const { sent, encrypter, stream } = recording()
    const bytes = Uint8Array.of(7)
    const { connection } = await encrypter.secureInbound(stream)
    connection.send(bytes)
    expect(sent[0]).toBe(bytes)
    expect(encrypter.protocol).toBe('/test')
  })
})
