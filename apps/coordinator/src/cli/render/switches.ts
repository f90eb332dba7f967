import type { ItemOf } from '@bzzz/api'
import type { Io } from '../io.js'
import { palette, printableLine } from '../text.js'
import { settingText } from './mode.js'

type Item = ItemOf<'switches'>

const sentences: { readonly [K in Item['kind']]: (item: Extract<Item, { kind: K }>) => string } = {
  'backend-switched': ({ component, from, to, reason }) =>
    `${component} serving ${from} -> ${to}: ${reason}`,
  'phase-changed': ({ component, from, to, reason }) =>
    `${component} phase ${from} -> ${to}: ${reason}`,
  'mode-changed': ({ component, from, to, reason }) =>
    `${component} mode ${settingText(from)} -> ${settingText(to)}: ${reason}`,
  'alert-fired': ({ severity, name, summary }) => `alert-fired ${severity} ${name}: ${summary}`,
  'alert-cleared': ({ severity, name, summary }) => `alert-cleared ${severity} ${name}: ${summary}`,
  'drill-started': ({ component, fault, endsAt, reason }) =>
    `drill-started ${component} ${fault} until ${endsAt}: ${reason}`,
  'drill-ended': ({ component, fault, reason }) => `drill-ended ${component} ${fault}: ${reason}`,
  missed: ({ reason }) => `missed: ${reason}`,
}

const sentence = (item: Item): string => (sentences[item.kind] as (item: Item) => string)(item)

/** One event as one line, its time first. */
export const switchLine = (item: Item, io: Pick<Io, 'env' | 'isTerminal'>): string => {
  const { bad, good, faint } = palette(io)
  const isBad =
    item.kind === 'alert-fired' || (item.kind === 'backend-switched' && item.to === 'store')
  const isGood =
    item.kind === 'alert-cleared' || (item.kind === 'backend-switched' && item.to === 'real')
  const text = printableLine(sentence(item))
  return `${faint(printableLine(item.at))} ${isBad ? bad(text) : isGood ? good(text) : text}`
}
