#!/bin/bash
# onnx2tf 2.x wants Python 3.12 or later: makes a Debian 13 folder (Python 3.13) in tests/peers/.onnx2tf and installs onnx2tf
# there. Needs root and apt; does nothing when it is already there. Prints the command that runs onnx2tf in it.
# Files are shared through tests/peers/.onnx2tf/io (inside: /io).
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
DIR=$HERE/.onnx2tf
want=$(sha256sum < "$HERE/requirements-onnx2tf.txt" | cut -d' ' -f1)
[ "$(cat "$DIR/.done" 2>/dev/null)" = "$want" ] && { echo "$DIR/enter onnx2tf"; exit 0; }
export DEBIAN_FRONTEND=noninteractive
command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; } >&2
mkdir -p "$DIR"
if [ ! -x "$DIR/usr/bin/python3" ]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -1)
  debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates,libgomp1 trixie "$DIR" "$mirror" >&2
fi
mkdir -p "$DIR/etc/ssl/certs" "$DIR/io"
cp /etc/resolv.conf /etc/hosts "$DIR/etc/" 2>/dev/null || true
cp -L /etc/ssl/certs/ca-certificates.crt "$DIR/etc/ssl/certs/ca-certificates.crt"
for f in /etc/pip.conf "$HOME/.pip/pip.conf" "$HOME/.config/pip/pip.conf"; do
  [ -f "$f" ] && install -D "$f" "$DIR/etc/pip.conf"
done
[ -e "$DIR/dev/null" ] || mknod -m 666 "$DIR/dev/null" c 1 3
[ -e "$DIR/dev/urandom" ] || mknod -m 666 "$DIR/dev/urandom" c 1 9
# /proc is mounted for the length of one command, in a mount namespace of its own, so that nothing stays behind
cat > "$DIR/enter" <<'RUN'
#!/bin/sh
dir=$(cd "$(dirname "$0")" && pwd)
exec unshare --mount sh -c 'mountpoint -q "$0/proc" || mount -t proc proc "$0/proc"; exec chroot "$0" env PATH=/venv/bin:/usr/bin:/bin HOME=/root TMPDIR=/tmp "$@"' "$dir" "$@"
RUN
chmod +x "$DIR/enter"
[ -x "$DIR/venv/bin/python" ] || "$DIR/enter" python3 -m venv /venv >&2
cp "$HERE/requirements-onnx2tf.txt" "$DIR/io/requirements.txt"
"$DIR/enter" pip install -q --disable-pip-version-check -r /io/requirements.txt >&2
echo "$want" > "$DIR/.done"
echo "$DIR/enter onnx2tf"
