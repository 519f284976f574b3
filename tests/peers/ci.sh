#!/usr/bin/env bash
# The checks that need other people's runtimes: sets up .venv, makes the exports, converts and compares. dist/ must be built.
set -euo pipefail
cd "$(dirname "$0")"
bash setup.sh
.venv/bin/python make_torchvision.py
.venv/bin/python compare_converted.py
