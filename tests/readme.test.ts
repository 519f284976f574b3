import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { executorNames } from '../src/app/executors.ts'
import { formats } from '../src/app/formats.ts'
import { supportTable } from '../src/app/support.ts'

const file = resolve(import.meta.dirname, '../README.md')

function formatTable(): string {
  const yes = (x: unknown): string => (x ? 'yes' : '')
  return ['| format | endings | read | written |', '|---|---|---|---|', ...formats.map(f => `| ${f.name} | ${f.extensions.join(' ')} | ${yes(f.read)} | ${yes(f.write)} |`)].join('\n')
}

function operatorTable(): string {
  const rows = supportTable(formats.find(f => f.name === 'tflite')!.target)
  const names = (keep: (r: (typeof rows)[number]) => boolean): string => rows.filter(keep).map(r => r.operator).join(', ')
  const known = rows.filter(r => r.meaning !== 'none')
  return [
    `${known.length} of the ${rows.length} operators of ONNX's default domain run on the CPU executor; ${rows.filter(r => r.target !== 'no').length} have a way into TFLite.`,
    '',
    '| | operators |',
    '|---|---|',
    `| run, and have a rule for TFLite | ${names(r => r.meaning !== 'none' && r.target === 'direct')} |`,
    `| run, and go into TFLite through simpler ones | ${names(r => r.meaning !== 'none' && r.target === 'decomposed')} |`,
    `| run | ${names(r => r.meaning !== 'none' && r.target === 'no')} |`,
    `| carried, not run | ${names(r => r.meaning === 'none')} |`,
  ].join('\n')
}

/** The parts of the README that follow from the code, by the name in their markers. */
const parts: Readonly<Record<string, () => string>> = { formats: formatTable, operators: operatorTable, executors: () => executorNames.map(n => `\`${n}\``).join(', ') }

test('the tables of the README are those of the code (UPDATE=1 writes them)', () => {
  const text = readFileSync(file, 'utf8')
  let made = text
  for (const [name, make] of Object.entries(parts)) {
    const marked = new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`)
    expect(made).toMatch(marked)
    made = made.replace(marked, (_, open: string, close: string) => `${open}\n${make()}\n${close}`)
  }
  if (process.env['UPDATE']) writeFileSync(file, made)
  else expect(text).toBe(made)
})
