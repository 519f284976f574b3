import { asChannelsFirst, inChannelsLast } from '../kit/channels-last.ts'
import type { Operator } from '../operator.ts'
import { QLinearConv as plain } from '../QLinearConv.ts'

/** ONNX's operator, with the channels of image and result last where `channels_last` says so; weights are laid out as in ONNX. */
export const QLinearConv: Operator = {
  name: 'QLinearConv',
  domain: 'com.microsoft',
  infer: inChannelsLast(plain.infer),
  decompose: (b, node) => asChannelsFirst(b, node, 'QLinearConv'),
}
