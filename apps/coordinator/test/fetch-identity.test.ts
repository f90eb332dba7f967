import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { fetchIdentity } from '../src/bootstrap/fetch-identity.js'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const serve = async (listener: RequestListener): Promise<string> => {
  const made = createServer(listener)
  server = made
  await new Promise<void>((resolve) => {
    made.listen(0, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}/v1/identity`
}

const never = new AbortController().signal

describe('the identity document of another node', () => {
  test('is fetched as JSON', async () => {
    const url = await serve((_request, response) => response.end('{"peerId":"x"}'))
    expect(await fetchIdentity(url, never)).toEqual({ peerId: 'x' })
  })

  test('one without end costs no more than its bound', async () => {
    let sent = 0
    const url = await serve((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(4_096))) sent += 4_096
        response.once('drain', more)
      }
      more()
    })
    await expect(fetchIdentity(url, never)).rejects.toMatchObject({
      code: 'BOOTSTRAP_IDENTITY_INVALID',
      message: expect.stringContaining('too long'),
    })
    expect(sent).toBeLessThan(16 * 1024 * 1024)
  })

  test('no redirect is followed', async () => {
    let requests = 0
    const url = await serve((_request, response) => {
      requests += 1
      response.writeHead(302, { location: '/elsewhere' }).end()
    })
    await expect(fetchIdentity(url, never)).rejects.toThrow()
    expect(requests).toBe(1)
  })

  test.each([
    ['an error', 503, '{}'],
    ['no JSON', 200, '<html>'],
  ])('%s is told', async (_name, status, body) => {
    const url = await serve((_request, response) => response.writeHead(status).end(body))
    await expect(fetchIdentity(url, never)).rejects.toMatchObject({
      code: 'BOOTSTRAP_IDENTITY_INVALID',
    })
  })

  test('one that does not come is given up with the signal', async () => {
    const url = await serve(() => {})
    const controller = new AbortController()
    const fetching = fetchIdentity(url, controller.signal)
    controller.abort()
    await expect(fetching).rejects.toMatchObject({ name: 'AbortError' })
  })
})
