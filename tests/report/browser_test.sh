#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# browser_test.sh MAKE_PAGES DNNTUNE DIGITS WORK: looks at pages with headless Chromium. Exit code 77: skipped.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
make_pages=$1 dnntune=$2 digits=$3 work=$4
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1

browser=""
for name in chromium chromium-browser google-chrome; do
  command -v "$name" > /dev/null && { browser=$name; break; }
done
[ -n "$browser" ] || { echo "SKIPPED: no chromium, chromium-browser or google-chrome here"; exit 77; }
"$make_pages" . || { [ $? -eq 3 ] && exit 77; exit 1; }
failures=0
width_of_page=1100
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

look() { # look OPTIONS... PAGE
  local sandbox=""
  [ "$(id -u)" -eq 0 ] && sandbox=--no-sandbox
  timeout 120 "$browser" --headless $sandbox --user-data-dir="$work/browser" --disable-gpu --disable-dev-shm-usage --no-first-run \
    --disable-background-networking --disable-component-update --host-resolver-rules="MAP * ~NOTFOUND" --hide-scrollbars \
    --force-device-scale-factor=1 --virtual-time-budget=4000 --window-size=$width_of_page,2200 "$@" 2> browser.log
}

# checked NAME: a copy of NAME.html with the check in it, as the browser leaves it; the check's lines are in lines.txt.
checked() {
  awk -v script="$here/check_page.js" '
    /<head>/ { print; print "<script>window.blocked = []; addEventListener(\"securitypolicyviolation\", (e) => blocked.push(e.blockedURI));</script>"; next }
    /^<\/body>/ { print "<script>"; while ((getline line < script) > 0) print line; print "</script>" }
    { print }' "$1.html" > "$1.checked.html"
  look --dump-dom "file://$work/$1.checked.html" > "$1.dom.html"
  sed -n '/<pre id="check">/,/<\/pre>/p' "$1.dom.html" > lines.txt
  grep -q '^end of check' lines.txt && return
  fail "$1: the check did not come to its end"
  tail -n 5 browser.log lines.txt
}
line() { grep -qE -- "$2" lines.txt || { fail "$1: no line /$2/"; cat lines.txt; }; }

# page NAME SERIES...: NAME.html has one chart for each SERIES, which is how many series it draws.
page() {
  local name=$1 i=0
  shift
  checked "$name"
  line "$name" "^charts $# of $#\$"
  for series in "$@"; do
    line "$name" "^chart $i drawn $series of $series seen $series hover ."
    i=$((i + 1))
  done
  line "$name" '^requests 0 blocked 0$'
  line "$name" '^errors none$'
  look --screenshot="$work/$name.png" "file://$work/$name.html" > /dev/null
  [ -s "$name.png" ] || fail "$name: no screenshot"
}

page kinds 3 2 3 2 2 2
line kinds '^chart 0 .* hover one: 1 ms$'
page characterization 2 3 3 2 6 6 7 4
page profile 4 1
page tuning 1 2

# A choice of two charts shows one at a time.
checked choice
line choice '^charts 1 of 2$'
line choice '^chart 0 drawn 3 of 3 seen 3'
line choice '^picked Second drawn 2 of 2 note Of the second\.$'
line choice '^errors none$'
look --screenshot="$work/choice.png" "file://$work/choice.html" > /dev/null

# Answers of the planner: on a small part of a bar a colour may not be seen, all else as above; and again as wide as a phone.
for network in mobilenet_v2 inception_v1; do
  for width in 1200 390; do
    width_of_page=$width
    checked plan_$network
    line plan_$network '^charts 6 of 6$'
    line plan_$network '^chart 0 drawn 5 of 5 seen [2-5] hover device: [0-9.]+ ms'
    line plan_$network '^chart 3 drawn [1-9][0-9]* of .* hover .* to .* Mbit/s$'
    line plan_$network '^wider by 0$'
    line plan_$network '^requests 0 blocked 0$'
    line plan_$network '^errors none$'
    look --screenshot="$work/plan_$network.$width.png" "file://$work/plan_$network.html" > /dev/null
    [ -s "plan_$network.$width.png" ] || fail "plan_$network: no screenshot"
  done
done
width_of_page=1100

# The command's own page, from real figures.
"$dnntune" characterize --networks "lenet,$digits/digits_mlp.onnx" --processors "cpu:all x1" --seconds 0.2 --html real.html > real.txt || fail "characterize"
checked real
line real '^charts 4 of 4$'
line real '^requests 0 blocked 0$'
line real '^errors none$'

# That the check can fail: a page that loads something, and one whose script is broken.
sed 's|</h1>|</h1><img src="http://127.0.0.1:9/x.png">|' tuning.html > loads.html
checked loads
grep -qE '^requests 0 blocked 0$' lines.txt && fail "a page that loads an image is not noticed"
sed 's|"use strict";|"use strict"; addEventListener("load", () => no_such_function());|' tuning.html > broken.html
checked broken
grep -qE '^errors none$' lines.txt && fail "a script that fails is not noticed"

[ $failures -eq 0 ] && echo "all pages are drawn by $browser" && exit 0
exit 1
