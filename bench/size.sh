#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds libdnntune with its own kernels for aarch64, for size but for the kernels, and prints the stripped size.
# Needs cmake/install_packages.sh --cross and cmake/toolchains/make_sysroot.sh; arguments go to cmake.
set -euo pipefail
cd "$(dirname "$0")/.."
cmake --preset aarch64-small "$@" >/dev/null
cmake --build --preset aarch64-small --target dnntune >/dev/null
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
aarch64-linux-gnu-strip --strip-unneeded -o "$stripped" build/aarch64-small/libdnntune.so
echo "libdnntune.so, aarch64, stripped: $(stat -c %s "$stripped") bytes"
aarch64-linux-gnu-size -A "$stripped" | awk 'NR > 2 && $2 > 20000 && $1 != "Total" {printf "  %-20s %9d\n", $1, $2}'
