#!/bin/bash
# Makes tests/peers/.optimizers: onnxsim and OnnxSlim beside the packages of .venv, which setup.sh makes first.
set -euo pipefail
cd "$(dirname "$0")"
want=$(sha256sum < requirements-optimizers.txt | cut -d' ' -f1)
[ "$(cat .optimizers/.done 2>/dev/null)" = "$want" ] && exit 0
rm -rf .optimizers
.venv/bin/pip install -q --disable-pip-version-check --no-deps --target .optimizers -r requirements-optimizers.txt >&2
echo "$want" > .optimizers/.done
