import { formatPlace, type Loaded } from '@bzzz/config'

/** What was accepted and has no effect, as lines. */
export const noticesOf = ({ notices }: Pick<Loaded, 'notices'>): readonly string[] =>
  notices.map(({ place, message }) => `${formatPlace(place)}: ${message}`)
