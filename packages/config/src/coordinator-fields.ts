import { dhtFields, dhtSelectors } from './coordinator/dht.js'
import { fallbackAgreements, fallbackFields } from './coordinator/fallback.js'
import { laterFields } from './coordinator/later.js'
import { nodeFields } from './coordinator/node.js'
import { networkFields } from './coordinator/network.js'
import { defineFields, type ConfigOf } from './field.js'

/** Every setting of a coordinator. */
export const coordinatorFields = defineFields(
  { ...nodeFields, ...networkFields, ...dhtFields, ...fallbackFields, ...laterFields },
  {
    selectors: dhtSelectors,
    agreements: fallbackAgreements,
    otherVariables: {
      BZZZ_CONFIG_FILE: 'path of the YAML file, where `--config` names none',
      BZZZ_LANE: 'which tests of this repository run; no coordinator reads it',
      BZZZ_REQUIRE_PRIVILEGED:
        'whether tests of this repository may leave any out; no coordinator reads it',
    },
  },
)

/** What the coordinator gets: one checked value per setting. */
export type CoordinatorConfig = ConfigOf<typeof coordinatorFields.fields>
