import { apiError } from '@bzzz/api'
import type { HybridControls } from '@bzzz/hybrid'
import type { DrillStand } from './drill-stand.js'

/** A component that an operator can switch. */
export interface Component {
  /** `dht`. */
  readonly name: string
  readonly controls: HybridControls
  /** Where drills of this component are put on. */
  readonly drills: DrillStand
}

/** The component of that name. Throws `API_COMPONENT_UNKNOWN`. */
export const componentNamed = (components: readonly Component[], name: string): Component => {
  const found = components.find((component) => component.name === name)
  if (found !== undefined) return found
  const names = components.map((component) => component.name).join(', ')
  throw apiError('API_COMPONENT_UNKNOWN', `there is no component ${name}; there are: ${names}`)
}
