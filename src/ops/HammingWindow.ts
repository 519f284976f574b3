import { cosineWindow } from './kit/cosine-window.ts'
import type { Operator } from './operator.ts'

export const HammingWindow: Operator = cosineWindow('HammingWindow', [25 / 46, 21 / 46, 0])
