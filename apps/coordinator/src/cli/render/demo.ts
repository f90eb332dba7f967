import type { CallSummary, DemoReport } from '../../demo/run-demo.js'
import type { Io } from '../io.js'
import { bytes, duration, palette } from '../text.js'

const calls = (name: string, summary: CallSummary): string => {
  const failures = Object.entries(summary.failures).map(([code, count]) => `${count} ${code}`)
  const parts = [
    `${summary.succeeded} answered`,
    ...(summary.pending > 0 ? [`${summary.pending} pending`] : []),
    failures.length === 0 ? 'none failed' : `failed: ${failures.join(', ')}`,
    `longest gap ${duration(summary.longestGapMs)}`,
  ]
  return `  ${name} ${parts.join(', ')}\n`
}

/** The report of a demo that held, for a person. */
export const renderDemo = (report: DemoReport, io: Io): void => {
  const { good } = palette(io)
  const { documents } = report
  io.out(
    `${good('The demo held.')} ${report.nodes === 1 ? 'One process' : `${report.nodes} processes, one of them`} killed with SIGKILL under load:\n` +
      `  documents ${documents.files} (${bytes(documents.bytes)}) equal byte for byte\n` +
      calls('writes   ', report.writes) +
      calls('reads    ', report.reads) +
      `  records   ${report.acknowledged} acknowledged, ${report.lost} lost\n`,
  )
  if (report.directory !== undefined) io.out(`  kept in   ${report.directory}\n`)
}
