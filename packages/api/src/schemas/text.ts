import { z } from 'zod'

/** Far beyond what a coordinator answers: a server that is none must not flood who reads it. */
export const short = z.string().max(1024)
export const long = z.string().max(16_384)
export const rowsMax = 1024
