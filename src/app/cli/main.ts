#!/usr/bin/env node
import { writeSync } from 'node:fs'
import nodeModule from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { LapidaryError } from '../../diag/diagnostic.ts'
import { diagnosticsToText } from '../../diag/print.ts'
import type { LoadOptions } from '../load.ts'
import type * as commands from './commands.ts'

/** 0 fine, 1 a model problem, 2 a wrong command line. */
type ExitCode = 0 | 1 | 2

type Shapes = Record<string, readonly (number | string)[]>

function shapeOption(text: string, known: Shapes = {}): Shapes {
  const at = text.lastIndexOf('=')
  if (at <= 0) throw new InvalidArgumentError('write NAME=SHAPE, as in x=1,3,224,224')
  const sizes = text.slice(at + 1) === '' ? [] : text.slice(at + 1).split(/[,x](?=[\w?*])/)
  return { ...known, [text.slice(0, at)]: sizes.map(s => (/^\d+$/.test(s) ? Number(s) : s)) }
}

function pairOption(what: string) {
  return (text: string, known: Record<string, string> = {}): Record<string, string> => {
    const at = text.lastIndexOf('=')
    if (at <= 0) throw new InvalidArgumentError(`write NAME=${what}`)
    return { ...known, [text.slice(0, at)]: text.slice(at + 1) }
  }
}

function valueOption(text: string, known: Record<string, number> = {}): Record<string, number> {
  const at = text.lastIndexOf('=')
  if (at <= 0) throw new InvalidArgumentError('write NAME=NUMBER')
  return { ...known, [text.slice(0, at)]: numberOption(text.slice(at + 1)) }
}

function numberOption(text: string): number {
  const n = Number(text)
  if (!Number.isFinite(n) || text.trim() === '') throw new InvalidArgumentError('a number is wanted')
  return n
}

function countOption(text: string): number {
  const n = numberOption(text)
  if (!Number.isInteger(n) || n < 1) throw new InvalidArgumentError('a whole number of at least 1 is wanted')
  return n
}

const version = '0.1.0'

function program(run: (command: keyof typeof commands, ...args: unknown[]) => Promise<void>): Command {
  const lapidary = new Command('lapidary')
    .description('Cuts a neural network out of one format and sets it into another, and proves that nothing broke.')
    .version(version)
    .option('--debug', 'show the stack trace of an error')
    .exitOverride()
    .configureOutput({ writeErr: text => void writeSync(2, text) })
  const command = (name: string, description: string): Command => lapidary.command(name).description(description).exitOverride()
  const reading = (c: Command): Command =>
    c
      .option('--from <format>', 'the format of the source, when its bytes do not tell')
      .addOption(new Option('--input <name=shape>', 'the shape of an input, e.g. x=1,3,224,224; a word keeps a size open, or opens it').argParser<Shapes>(shapeOption))
      .option('--fixed-shape', 'fix every open size: as --input says, 1 for an open first axis; refuse what is left')
      .option('--signature <name>', 'the entry point to read, where a file has several')
      .addOption(new Option('--set <name=value>', 'an input that becomes a constant, e.g. sr=16000').argParser<Record<string, number>>(valueOption))
  const comparing = (c: Command): Command =>
    c
      .option('--draws <n>', 'how many seeded inputs to compare on', countOption, 3)
      .option('--seed <n>', 'of the first of them', countOption, 1)
      .option('--rtol <x>', 'largest relative L2 error of an output', numberOption)
      .option('--atol <x>', 'largest absolute error of an element, instead', numberOption)

  comparing(reading(command('convert', 'convert a model')))
    .argument('<source>').argument('<destination>')
    .option('--to <format>', 'the format to write, when the ending does not tell')
    .option('--opset <n>', 'the ONNX opset to write', countOption)
    .addOption(new Option('--layout <layout>', 'inputs and outputs of a target that wants channels last').choices(['nhwc', 'keep']).default('nhwc'))
    .option('--quantize <precision>', 'weights in fewer bits (TFLite): float16, dynamic (int8) or int4')
    .option('--external-data', 'weights in a file of their own (ONNX)')
    .option('--optimize', 'better graphs from ONNX to ONNX too')
    .option('--no-optimize', 'only what the target needs')
    .option('--prove', 'run source and result on the same inputs; keep the result only when they agree')
    .option('--json', 'the report as JSON')
    .action((...args) => run('convert', ...args))
  reading(command('inspect', "a model's inputs, outputs, operators, size and work"))
    .argument('<model>')
    .option('--text', 'the graph itself, as text')
    .option('--json', 'as JSON')
    .action((...args) => run('inspect', ...args))
  comparing(reading(command('optimize', 'ONNX in, better ONNX out')))
    .argument('<source>').argument('<destination>')
    .option('--opset <n>', 'the ONNX opset to write', countOption)
    .option('--external-data', 'weights in a file of their own')
    .option('--prove', 'run source and result on the same inputs; keep the result only when they agree')
    .option('--json', 'the report as JSON')
    .action((...args) => run('optimize', ...args))
  reading(command('check', 'whether a model can be converted, and if not why, operator by operator'))
    .argument('<model>')
    .requiredOption('--to <format>', 'the format it should go to')
    .addOption(new Option('--layout <layout>', 'inputs and outputs of a target that wants channels last').choices(['nhwc', 'keep']).default('nhwc'))
    .option('--json', 'as JSON')
    .action((...args) => run('check', ...args))
  reading(command('run', 'run a model once'))
    .argument('<model>')
    .addOption(new Option('--feed <name=file>', 'an input from a .npy file; what is missing is made from the seed').argParser(pairOption('FILE.npy')))
    .option('--feeds <file>', 'inputs from a .npz file')
    .option('--on <executor>', 'cpu, webgpu or onnxruntime', 'cpu')
    .addOption(new Option('--precision <precision>', 'arithmetic of the CPU executor').choices(['fast', 'exact']).default('fast'))
    .option('--seed <n>', 'of inputs that are not given', countOption, 1)
    .option('--fetch <names...>', 'values to give back instead of the outputs')
    .option('--profile', 'what takes time: kernel by kernel on a GPU')
    .option('--output <path>', 'a folder for .npy files, or a .npz file')
    .option('--json', 'as JSON')
    .action((...args) => run('run', ...args))
  comparing(reading(command('validate', 'run a source and its conversions on the same inputs and compare')))
    .argument('<source>').argument('<converted...>')
    .option('--on <executor>', 'what runs the source: cpu, webgpu or onnxruntime', 'cpu')
    .option('--feeds <files...>', '.npz files with inputs, instead of seeded ones')
    .option('--json', 'as JSON')
    .action((...args) => run('validate', ...args))
  command('ops', 'the operators that are known, and what a format takes of them')
    .option('--to <format>', 'the format')
    .option('--json', 'as JSON')
    .action((...args) => run('ops', ...args))
  return lapidary
}

/** Runs one command line. Results go to stdout, diagnostics to stderr. */
async function main(args: readonly string[]): Promise<ExitCode> {
  const debug = args.includes('--debug')
  let code: ExitCode = 0
  const lapidary = program(async (name, ...rest) => {
    const { [name]: command } = (await import('./commands.ts')) as unknown as Record<string, (...a: unknown[]) => Promise<ExitCode>>
    code = await command!(...rest)
  })
  try {
    await lapidary.parseAsync(args.filter(a => a !== '--debug'), { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (error instanceof LapidaryError) {
      writeSync(2, `${diagnosticsToText(error.diagnostics)}\n`)
      if (debug) writeSync(2, `${error.stack}\n`)
      return error.code.startsWith('app.') ? 2 : 1
    }
    const text = error instanceof Error ? error.message : String(error)
    writeSync(2, `error: ${text} [bug]\n  This is a fault of lapidary, not of your model; --debug shows where. Please report it with the model's \`lapidary inspect\`.\n`)
    if (debug && error instanceof Error) writeSync(2, `${error.stack}\n`)
    return 1
  }
}

export type { LoadOptions }
// A conversion is over before most of its code is worth optimizing, or its small heap worth several collectors
if (process.versions.v8.startsWith('11.')) for (const flag of ['--interrupt-budget=600000', '--no-parallel-scavenge']) setFlagsFromString(flag)
// Compiled code is kept between runs where Node can (22.8)
;(nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.()
process.exitCode = await main(process.argv.slice(2))
