#!/bin/bash
# Gets MediaPipe's npm packages and, in .venv, its own runtime (Python 3.11), the only one with kernels for its custom operators.
# Does nothing when both are up to date. PYTHON names another interpreter.
set -euo pipefail
cd "$(dirname "$0")"
want=$(cat package-lock.json requirements.txt | sha256sum | cut -d' ' -f1)
[ "$(cat .cache/done 2>/dev/null)" = "$want" ] && exit 0
npm ci --silent --ignore-scripts --no-audit --no-fund >&2
[ -x .venv/bin/python ] || "${PYTHON:-python3.11}" -m venv .venv
# what else the wheel asks for is for parts of it that are not loaded here
.venv/bin/pip install -q --disable-pip-version-check --no-deps -r requirements.txt >&2
mkdir -p .cache
echo "$want" > .cache/done
