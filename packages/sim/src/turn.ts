/** Resolves after every promise callback that was ready, and every one that those made ready, ran. */
export type Turn = () => Promise<void>

interface Port {
  addEventListener(type: 'message', listener: () => void): void
  start(): void
  postMessage(message: null): void
  ref?(): void
  unref?(): void
}

// Neither name is in what packages of this layer compile against, because not every platform has both.
interface Platform {
  readonly setImmediate?: (callback: () => void) => unknown
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
}

const channelTurn = (Channel: new () => { readonly port1: Port; readonly port2: Port }): Turn => {
  const { port1, port2 } = new Channel()
  const waiting: (() => void)[] = []
  port1.addEventListener('message', () => {
    waiting.shift()?.()
    if (waiting.length === 0) port1.unref?.()
  })
  port1.start()
  port1.unref?.()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port1.ref?.()
      port2.postMessage(null)
    })
}

/**
 * One turn of the platform's task queue: `setImmediate` where there is one, else a message
 * channel, else a timer (about 700 times slower). A platform empties its queue of promise
 * callbacks before it takes the next task, however long their chains are.
 */
export const platformTurn = (platform: object = globalThis): Turn => {
  const { setImmediate, MessageChannel } = platform as Platform
  if (setImmediate !== undefined)
    return () =>
      new Promise((resolve) => {
        setImmediate(resolve)
      })
  if (MessageChannel !== undefined) return channelTurn(MessageChannel)
  return () =>
    new Promise((resolve) => {
      setTimeout(resolve)
    })
}
