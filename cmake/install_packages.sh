#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing to build and test dnntune on Debian (12 or newer) and Ubuntu (22.04 or newer).
# Does nothing, and needs no root, when all packages are there.
#   cmake/install_packages.sh            what make demo and make test need
#   cmake/install_packages.sh --cross    also the aarch64 compiler and qemu-user
#   cmake/install_packages.sh --browser  also Chromium, with which a test looks at pages of charts
#   cmake/install_packages.sh --list     prints the package names
set -euo pipefail

packages=(g++ cmake ninja-build ccache pkg-config
  libeigen3-dev libxnnpack-dev libpthreadpool-dev opencl-headers pocl-opencl-icd ocl-icd-libopencl1 libcpuinfo-dev libfmt-dev doctest-dev
  libhwy-dev libprotozero-dev libxxhash-dev libcpp-httplib-dev nlohmann-json3-dev libcli11-dev
  libssl-dev zlib1g-dev libzstd-dev libonnx-testdata libjs-chart.js)
[ "${1:-}" = "--cross" ] && packages+=(g++-aarch64-linux-gnu qemu-user)
[ "${1:-}" = "--browser" ] && packages+=(chromium)
[ "${1:-}" = "--list" ] && { printf '%s\n' "${packages[@]}"; exit 0; }

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install_packages: missing: ${missing[*]}; install them as root" >&2; exit 1; }
  sudo="sudo"
fi
echo "Installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
$sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
