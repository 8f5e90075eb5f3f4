#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh SOURCE BUILD WORK CXX CC: see CMakeLists.txt beside this file.
set -euo pipefail
source=$1 build=$2 work=$3 cxx=$4 cc=$5
here=$(cd "$(dirname "$0")" && pwd)

rm -rf "$work"
mkdir -p "$work/snippets" "$work/run"
prefix=$work/prefix
cmake --install "$build" --prefix "$prefix" > "$work/install.log"

# The snippets, as a reader would copy them: the first ```cpp and the first ```c block of the README.
for language in cpp c; do
  awk -v fence="\`\`\`$language" '$0 == fence && !done { on = 1; next } on && /^```/ { on = 0; done = 1 } on' \
    "$source/README.md" > "$work/snippets/readme.$language"
  [ -s "$work/snippets/readme.$language" ] || { echo "README.md has no $language snippet"; exit 1; }
done

cp "$source/examples/digits/digits_cnn.onnx" "$work/run/"
"$prefix/bin/dnntune" serve "$work/run/digits_cnn.onnx" > "$work/server.log" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
for _ in $(seq 100); do grep -q '^listening on ' "$work/server.log" && break; sleep 0.1; done
url=$(sed -n 's/^listening on //p' "$work/server.log")
[ -n "$url" ] || { echo "the installed command did not serve"; cat "$work/server.log"; exit 1; }
sed -i "s|http://127.0.0.1:8080|$url|g" "$work/snippets/"readme.*

echo "== find_package"
cmake -S "$here/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$prefix" -DSNIPPETS="$work/snippets" \
  -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER_LAUNCHER= > "$work/configure.log"
cmake --build "$work/consumer" > "$work/build.log" || { cat "$work/build.log"; exit 1; }
(cd "$work/run" && "$work/consumer/readme_cpp" && "$work/consumer/readme_c")

echo "== pkg-config"
export PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name dnntune.pc)")
# shellcheck disable=SC2046
"$cc" -std=c99 -Wall -Werror "$work/snippets/readme.c" $(pkg-config --cflags --libs dnntune) -Wl,-rpath,"$(pkg-config --variable=libdir dnntune)" \
  -o "$work/readme_pkgconfig"
(cd "$work/run" && "$work/readme_pkgconfig")

echo "== nothing but the public headers and the library is installed"
(cd "$prefix" && find . -type f | sort)
! grep -rlE '"(base|graph|kernels|backends|runtime|plan|split|cost|onnx|device)/' "$prefix/include"
