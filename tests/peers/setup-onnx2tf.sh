#!/bin/bash
# onnx2tf 2.x wants Python 3.12 or later: makes a Debian 13 folder (Python 3.13) in tests/peers/.onnx2tf and installs onnx2tf
# there. Needs root, apt and debootstrap; does nothing when it is already there. Prints the command that runs onnx2tf.
# Files are shared through tests/peers/.onnx2tf/io (inside: /io).
set -euo pipefail
DIR=$(cd "$(dirname "$0")" && pwd)/.onnx2tf
run="chroot $DIR env PATH=/venv/bin:/usr/bin:/bin onnx2tf"
[ -e "$DIR/.done" ] && { echo "$run"; exit 0; }
export DEBIAN_FRONTEND=noninteractive
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; } >&2
if [ ! -x "$DIR/usr/bin/python3" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -1)
  mkdir -p "$DIR"
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,libgomp1 trixie "$DIR" "$mirror" >&2
fi
if [ ! -x "$DIR/venv/bin/python" ]; then
  cp /etc/resolv.conf /etc/hosts "$DIR/etc/" 2>/dev/null || true
  mkdir -p "$DIR/etc/ssl/certs" "$DIR/io"
  cp -L /etc/ssl/certs/ca-certificates.crt "$DIR/etc/ssl/certs/ca-certificates.crt"
  for f in /etc/pip.conf "$HOME/.pip/pip.conf" "$HOME/.config/pip/pip.conf"; do
    [ -f "$f" ] && install -D "$f" "$DIR/etc/pip.conf"
  done
  mountpoint -q "$DIR/proc" || mount -t proc proc "$DIR/proc" || true
  [ -e "$DIR/dev/null" ] || mknod -m 666 "$DIR/dev/null" c 1 3 || true
  [ -e "$DIR/dev/urandom" ] || mknod -m 666 "$DIR/dev/urandom" c 1 9 || true
  chroot "$DIR" python3 -m venv /venv >&2
fi
chroot "$DIR" /venv/bin/pip install -q --disable-pip-version-check -r /dev/stdin >&2 < "$(dirname "$0")/requirements-onnx2tf.txt"
touch "$DIR/.done"
echo "$run"
