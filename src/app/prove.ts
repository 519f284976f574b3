import { cpuExecutor } from '../../executors/cpu/index.ts'
import type { Session } from '../spi/executor.ts'
import type { Format } from '../spi/format.ts'
import { validate } from '../validate/validate.ts'
import type { ValidateOptions, ValidationReport } from '../validate/validate.ts'
import type { LoadOptions, Source } from './load.ts'
import { load } from './load.ts'

/** Reads the result back from its bytes and runs it against the source, read anew. Throws as `load` and `validate` do. */
export async function prove(source: Source, options: LoadOptions, written: Source, format: Format, how: ValidateOptions): Promise<ValidationReport> {
  const reference = await load(source, options)
  const candidate = await load(written, { from: format.name })
  const sessions = [await cpuExecutor.prepare(reference.model), await cpuExecutor.prepare(candidate.model)] as const
  let exact: Session | undefined
  try {
    return await validate(
      { name: reference.file, model: reference.model, session: sessions[0] },
      { name: candidate.file, model: candidate.model, session: sessions[1] },
      { exact: async () => (exact ??= await cpuExecutor.prepare(reference.model, { precision: 'exact' })), ...how },
    )
  } finally {
    for (const session of [...sessions, exact]) session?.dispose()
  }
}
