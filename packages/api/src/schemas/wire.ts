import { fromUtf8, HLC_COUNTER_MAX, utf8, type Level } from '@bzzz/base'
import { z } from 'zod'
import { fromBase64, toBase64 } from '../base64.js'
import { KEY_BYTES_MAX, VALUE_BYTES_MAX } from '../limits.js'
import { formatVersion, readVersion } from '../version.js'

/** Every schema is a codec: decoded from what crosses the wire, encoded to it. */

const isKey = (text: string): boolean =>
  text.isWellFormed() && (text.length * 3 <= KEY_BYTES_MAX || utf8(text).length <= KEY_BYTES_MAX)

export const keySchema = z
  .string()
  .min(1, 'the key is empty')
  .max(KEY_BYTES_MAX, `the key has more than ${KEY_BYTES_MAX} bytes`)
  .refine(
    isKey,
    `the key is longer than ${KEY_BYTES_MAX} bytes of UTF-8, or holds half a character`,
  )
  .describe('Key of the record: 1 to 1,024 bytes of UTF-8. It may contain slashes.')

/** An integer as text, for paths, queries and command lines. */
export const integerText = (min: number, max: number) =>
  z.codec(z.string().regex(/^\d{1,15}$/, 'write a whole number'), z.int().min(min).max(max), {
    decode: Number,
    encode: String,
  })

/** A yes or no as text. */
export const booleanText = z.codec(z.enum(['true', 'false']), z.boolean(), {
  decode: (text) => text === 'true',
  encode: (value) => (value ? ('true' as const) : ('false' as const)),
})

/** A number as text, with a fraction. */
export const numberText = (min: number, max: number) =>
  z.codec(
    z.string().regex(/^\d{1,9}(?:\.\d{1,6})?$/, 'write a number'),
    z.number().min(min).max(max),
    {
      decode: Number,
      encode: String,
    },
  )

export const levelSchema = z
  .codec(
    z
      .string()
      .regex(
        /^(?:local|quorum|all|[1-9]\d{0,2})$/,
        'write local, quorum, all or a number of replicas',
      ),
    z.custom<Level>(),
    {
      decode: (text): Level => (/^\d/.test(text) ? Number(text) : (text as Level)),
      encode: String,
    },
  )
  .describe('Replicas that must take part: local, quorum, all or a number.')

export const versionObject = z.object({
  wallMs: z.int().min(0),
  counter: z.int().min(0).max(HLC_COUNTER_MAX),
  writer: z.string().min(1),
})

export const versionSchema = z
  .codec(z.string().max(512), versionObject, {
    decode(text, payload) {
      const version = readVersion(text)
      if (version !== undefined) return version
      payload.issues.push({
        code: 'custom',
        input: text,
        message: 'a version reads <milliseconds>.<counter>.<writer>',
      })
      return z.NEVER
    },
    encode: formatVersion,
  })
  .describe('Version of a record: <milliseconds>.<counter>.<writer>.')

/** What the caller of a conditional write expects: a version, or `absent`. */
export const expectedVersionSchema = z
  .codec(
    z.union([z.literal('absent'), versionSchema], {
      error: 'write a version, <milliseconds>.<counter>.<writer>, or absent',
    }),
    versionObject.nullable(),
    {
      decode: (text) => (text === 'absent' ? null : text),
      encode: (version) => version ?? ('absent' as const),
    },
  )
  .describe('Write only where the record is at this version (absent: where there is none).')

export const wireValue = z.strictObject({
  value: z.string().describe('The value, in the encoding stated. At most 1 MiB when decoded.'),
  encoding: z.enum(['utf8', 'base64']).default('utf8'),
})

/** True when a value cannot fit however it is encoded: checked before it is decoded. */
export const isTooLong = (text: string, encoding: string): boolean =>
  encoding === 'base64'
    ? text.length > Math.ceil(VALUE_BYTES_MAX / 3) * 4
    : text.length > VALUE_BYTES_MAX

/** Text where the bytes are UTF-8, base64 where not. */
export const encodeValue = (bytes: Uint8Array): { value: string; encoding: 'utf8' | 'base64' } => {
  try {
    return { value: fromUtf8(bytes), encoding: 'utf8' }
  } catch {
    return { value: toBase64(bytes), encoding: 'base64' }
  }
}

export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'not bytes')

/** Decodes a value, or tells zod why it cannot. */
export const decodeValue = (
  { value, encoding }: z.output<typeof wireValue>,
  payload: z.core.ParsePayload,
): Uint8Array => {
  const problem = (message: string): never => {
    payload.issues.push({ code: 'custom', input: value.slice(0, 16), message })
    return z.NEVER
  }
  if (isTooLong(value, encoding)) return problem('the value is longer than 1 MiB')
  if (encoding === 'utf8' && !value.isWellFormed())
    return problem('the value holds half a character: send it as base64')
  const bytes = encoding === 'utf8' ? utf8(value) : fromBase64(value)
  if (bytes === undefined) return problem('the value is not padded base64')
  return bytes.length > VALUE_BYTES_MAX ? problem('the value is longer than 1 MiB') : bytes
}

export const valueSchema = z.codec(wireValue, bytesSchema, {
  decode: decodeValue,
  encode: encodeValue,
})
