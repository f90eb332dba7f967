import { execFile } from 'node:child_process'

/** Runs a command to its end. Rejects with what it wrote to standard error. */
export const command = (name: string, ...args: string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(name, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${[name, ...args].join(' ')}: ${stderr.trim() || error.message}`))
    })
  })
