import { messageOf } from '@bzzz/base'
import { coordinatorError } from '../errors.js'

/** An identity document has a peer id and a few addresses: under 4 KiB. */
const DOCUMENT_BYTES_MAX = 16 * 1024

const readBounded = async (body: ReadableStream<Uint8Array>): Promise<Buffer> => {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > DOCUMENT_BYTES_MAX)
      throw coordinatorError('BOOTSTRAP_IDENTITY_INVALID', 'the identity document is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Fetches a JSON document of at most 16 KiB. Follows no redirect: it could lead anywhere. */
export const fetchIdentity = async (url: string, signal: AbortSignal): Promise<unknown> => {
  const response = await fetch(url, {
    signal,
    redirect: 'error',
    headers: { accept: 'application/json' },
  })
  if (!response.ok || response.body === null) {
    await response.body?.cancel()
    throw coordinatorError('BOOTSTRAP_IDENTITY_INVALID', `${url} answered ${response.status}`)
  }
  const text = (await readBounded(response.body)).toString('utf8')
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw coordinatorError('BOOTSTRAP_IDENTITY_INVALID', `${url}: ${messageOf(error)}`)
  }
}
