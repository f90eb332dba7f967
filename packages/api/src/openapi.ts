import { z } from 'zod'
import { hasKeyInPath, hasValueBody, type Operation, type Role } from './operation.js'
import { operationNames, operations, type OperationName } from './operations.js'
import { streamNames, streams, type StreamName } from './streams.js'

type Json = Readonly<Record<string, unknown>>

/** The wire form of a schema. */
const jsonSchema = (schema: z.ZodType): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-2020-12',
    unrepresentable: 'any',
  })
  return rest
}

const content = (type: string, schema: Json): Json => ({ [type]: { schema } })

const BYTES: Json = { type: 'string', format: 'binary' }

const ERROR: Json = {
  description: 'Anything else: the code says what.',
  content: content('application/json', { $ref: '#/components/schemas/Error' }),
}

const parametersOf = (name: OperationName): readonly Json[] => {
  const operation = operations[name]
  return Object.entries<z.ZodType>(operation.input.shape)
    .filter(([field]) => field !== 'value')
    .map(([field, schema]) => ({
      name: field,
      in: field === 'key' && hasKeyInPath(operation) ? 'path' : 'query',
      required: !z.safeDecode(schema, undefined as never).success,
      schema: jsonSchema(schema),
    }))
}

const securityOf = (role: Role): readonly Json[] => {
  if (role === 'open') return []
  return role === 'read' ? [{}, { token: [] }] : [{ token: [] }]
}

const streamOf = (name: StreamName): Json => {
  const { summary, role, item, errors } = streams[name]
  return {
    operationId: name,
    summary,
    parameters: [
      {
        name: 'last-event-id',
        in: 'header',
        required: false,
        description: 'Id of the last event received: what came after it is sent first.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: {
        description: 'Server-sent events: each has an id, and this as its data.',
        content: content('text/event-stream', jsonSchema(item)),
      },
      default: ERROR,
    },
    security: securityOf(role),
    'x-error-codes': errors,
  }
}

const operationOf = (name: OperationName): Json => {
  const operation: Operation = operations[name]
  const success = {
    ...content('application/json', jsonSchema(operation.output)),
    ...(name === 'get' ? content('application/octet-stream', BYTES) : {}),
  }
  const isWrite = operation.role === 'write'
  return {
    operationId: name,
    summary: operation.summary,
    parameters: parametersOf(name),
    ...(hasValueBody(operation)
      ? {
          requestBody: {
            required: true,
            content: {
              ...content('application/octet-stream', BYTES),
              ...content('application/json', jsonSchema(operation.input.shape.value as z.ZodType)),
            },
          },
        }
      : {}),
    responses: {
      200: { description: 'Done.', content: success },
      ...(isWrite
        ? {
            202: {
              description: 'Kept here, too few replicas so far; or a change that goes on.',
              content: success,
            },
          }
        : {}),
      default: ERROR,
    },
    security: securityOf(operation.role),
    'x-error-codes': operation.errors,
  }
}

const errorSchema: Json = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'remedy', 'verdict', 'details'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        remedy: { type: 'string' },
        verdict: { enum: ['unavailable', 'answered'] },
        details: { type: 'object' },
      },
    },
  },
}

/** The OpenAPI 3.1 document of all operations. */
export const openApiDocument = ({ version }: { readonly version: string }): Json => {
  const paths: Record<string, Record<string, Json>> = {}
  for (const name of operationNames) {
    const { path, method } = operations[name]
    const template = path.replace('*', '{key}')
    paths[template] = { ...paths[template], [method.toLowerCase()]: operationOf(name) }
  }
  for (const name of streamNames) {
    const { path } = streams[name]
    paths[path] = { ...paths[path], get: streamOf(name) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'BZZZ coordinator',
      version,
      description:
        'A key may contain slashes, written as they are. One with an empty, . or .. segment goes into the query parameter key of /v1/records/.',
    },
    paths,
    components: {
      schemas: { Error: errorSchema },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  }
}
