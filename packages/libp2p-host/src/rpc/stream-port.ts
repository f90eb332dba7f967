import type { Stream } from '@libp2p/interface'

/** What the request protocol needs of a stream; implemented over libp2p and by the tests. */
export interface StreamPort {
  /** False when the stream wants no more until `onDrain`. Throws when it is closed. */
  send(bytes: Uint8Array): boolean
  /** Stops delivery; the other side runs out of its window. */
  pause(): void
  resume(): void
  abort(error: Error): void
  /** Tells the other side that nothing more will be sent. */
  close(): void
}

export interface StreamEvents {
  onBytes(bytes: Uint8Array): void
  onDrain(): void
  /** The stream is gone; called once. */
  onClose(error: unknown): void
  /** The other side will send nothing more. */
  onEnd?(): void
}

/**
 * Connects a libp2p stream to its user. `onDrain` is stricter than libp2p's event, which also comes
 * when the connection drains while this stream's own window is closed: writing on then would only
 * grow the stream's buffer.
 */
export const openPort = (stream: Stream, events: StreamEvents): StreamPort => {
  let isBlocked = false
  const onRoom = (): void => {
    if (!isBlocked) return
    // In a later microtask: libp2p sends what it holds in one, and loses what is sent during `idle`.
    queueMicrotask(() => {
      if (!isBlocked || stream.writableNeedsDrain || stream.writeBufferLength > 0) return
      isBlocked = false
      events.onDrain()
    })
  }
  const port: StreamPort = {
    send: (bytes) => {
      isBlocked = !stream.send(bytes)
      return !isBlocked
    },
    pause: () => {
      if (isReadable(stream)) stream.pause()
    },
    resume: () => {
      if (isReadable(stream)) stream.resume()
    },
    abort: (error) => {
      stream.abort(error)
    },
    close: () => {
      stream.close().catch((error: unknown) => {
        stream.abort(error instanceof Error ? error : new Error(String(error)))
      })
    },
  }
  stream.addEventListener('drain', onRoom)
  stream.addEventListener('idle', onRoom)
  stream.addEventListener('close', (event) => {
    events.onClose(event.error)
  })
  stream.addEventListener('remoteCloseWrite', () => {
    events.onEnd?.()
  })
  // Last: bytes that came with the negotiation are delivered once there is a listener.
  stream.addEventListener('message', ({ data }) => {
    if (data instanceof Uint8Array) events.onBytes(plain(data))
    else for (const piece of data) events.onBytes(plain(piece))
  })
  return port
}

const isReadable = (stream: Stream): boolean =>
  stream.readStatus === 'readable' || stream.readStatus === 'paused'

/** Without the methods of Node's Buffer, whose `slice` does not copy. */
const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
