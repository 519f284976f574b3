#!/bin/bash
# Makes tests/peers/.venv (Python 3.11); does nothing when it is already up to date. PYTHON names another interpreter.
set -euo pipefail
cd "$(dirname "$0")"
BARE="torchvision==0.28.0 scikit-learn==1.9.1" # of the last only its digits are read
want=$(cat requirements.txt constraints.txt <(echo "$BARE") | sha256sum | cut -d' ' -f1)
[ "$(cat .venv/.done 2>/dev/null)" = "$want" ] && { echo "$PWD/.venv/bin/python"; exit 0; }
[ -x .venv/bin/python ] || "${PYTHON:-python3.11}" -m venv .venv
.venv/bin/pip install -q --disable-pip-version-check -c constraints.txt -r requirements.txt >&2
.venv/bin/pip install -q --disable-pip-version-check --no-deps $BARE >&2
echo "$want" > .venv/.done
echo "$PWD/.venv/bin/python"
