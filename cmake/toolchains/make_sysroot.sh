#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fills a folder with the arm64 packages that the aarch64 cross-build links, from the same archive that
# apt uses here, without adding a foreign architecture to the system and without root.
#   cmake/toolchains/make_sysroot.sh [FOLDER]      default: build/sysroot-aarch64
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
root=${1:-$here/build/sysroot-aarch64}
[ -e "$root/complete" ] && exit 0

packages=(libhwy1 libhwy-dev libfmt9 libfmt-dev libcpuinfo0 libcpuinfo-dev libxxhash-dev libprotozero-dev libeigen3-dev
  nlohmann-json3-dev libcli11-dev doctest-dev libcpp-httplib0.11 libcpp-httplib-dev libssl3 libssl-dev zlib1g zlib1g-dev
  libzstd1 libzstd-dev libbrotli1 libbrotli-dev opencl-c-headers opencl-clhpp-headers)
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$root" "$state"/{lists/partial,archives/partial,debs}
: > "$state/status"
apt=(apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::status="$state/status"
  -o Dir::State::lists="$state/lists" -o Dir::Cache::archives="$state/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
  -o APT::Sandbox::User=)
"${apt[@]}" update
# Versions of runtime packages differ between releases: take what exists, by the development package's own dependency.
wanted=()
for package in "${packages[@]}"; do
  if apt-cache -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State::status="$state/status" \
      -o Dir::State::lists="$state/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= show "$package" >/dev/null 2>&1; then
    wanted+=("$package")
  fi
done
(cd "$state/debs" && "${apt[@]}" download "${wanted[@]}")
for deb in "$state"/debs/*.deb; do dpkg -x "$deb" "$root"; done
# Debian keeps /lib as a link to /usr/lib; packages that still ship /lib are merged.
if [ -d "$root/lib" ] && [ ! -L "$root/lib" ]; then cp -a "$root/lib/." "$root/usr/lib/" && rm -rf "$root/lib"; fi
ln -sfn usr/lib "$root/lib"
# Absolute links (libz.so) would leave the folder: the linker would take the static library instead.
find "$root/usr/lib" -type l -lname '/*' | while read -r link; do ln -sfnr "$root$(readlink "$link")" "$link"; done
touch "$root/complete"
