#!/usr/bin/env bash
# Two Vulkan drivers that need no graphics card, and a browser, for Debian 12: lavapipe of Mesa 25, from the backports, unpacked into .cache/lavapipe beside
# whatever Mesa is installed (Debian 12's own is too old for WebGPU), and SwiftShader, which comes with Chromium. Prints a line for each: name, driver file.
# Installs with apt, as root, only what is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=$PWD/.cache/lavapipe
library=$home/root/usr/lib/$(uname -m)-linux-gnu/libvulkan_lvp.so
swiftshader=/usr/lib/chromium/vk_swiftshader_icd.json

packages() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2; }
lacking() { ldd "$library" | grep -q 'not found'; }

if ! ldconfig -p | grep -q 'libvulkan\.so\.1' || [ ! -e "$swiftshader" ]; then
  apt-get update -qq >&2
  packages libvulkan1 chromium
fi
if [ ! -e "$library" ]; then
  rm -rf "$home"
  mkdir -p "$home"/{lists/partial,cache/archives/partial,sources}
  apt-get update -qq >&2
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Created-By: Packages' | head -1)
  printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' "$mirror" > "$home/sources/backports.sources"
  apart=(-o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$home/sources" -o "Dir::State::lists=$home/lists" -o "Dir::Cache=$home/cache" -o APT::Sandbox::User=root)
  apt-get "${apart[@]}" update -qq >&2
  (cd "$home" && apt-get "${apart[@]}" download mesa-vulkan-drivers/bookworm-backports >&2 && dpkg-deb -x mesa-vulkan-drivers_*.deb root)
fi
if lacking; then
  apt-get update -qq >&2
  packages libdrm2 libllvm15 libwayland-client0 libx11-xcb1 libxcb-dri3-0 libxcb-present0 libxcb-randr0 libxcb-shm0 libxcb-sync1 libxcb-xfixes0 libxshmfence1
  if lacking; then ldd "$library" | grep 'not found' >&2; exit 1; fi
fi
printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.4.305"}}\n' "$library" > "$home/driver.json"
echo "lavapipe $home/driver.json"
echo "swiftshader $swiftshader"
