import { mkdirSync, writeFileSync } from 'node:fs'
import { ALERT_RULES, formatPrometheusRules } from '../dist/index.js'

const folder = new URL('../../../deploy/prometheus/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('bzzz-rules.yaml', folder), formatPrometheusRules(ALERT_RULES))
