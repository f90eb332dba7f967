import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** A check of Authorization headers that takes the same time whatever is wrong with them. */
export const createTokenCheck = (
  token: string,
): ((authorization: string | undefined) => boolean) => {
  const expected = digest(token)
  return (authorization) => {
    const given = /^bearer ([\w~+/.=-]{1,512})$/i.exec(authorization ?? '')?.[1]
    // Digests have one length, so that neither the length nor the first difference shows in time.
    return timingSafeEqual(digest(given ?? ''), expected) && given !== undefined
  }
}
