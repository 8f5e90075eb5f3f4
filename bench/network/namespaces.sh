#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Device and cloud in two network namespaces, joined by veth with a rate that tc changes while requests run. README.md says what comes of it.
set -euo pipefail

usage() {
  cat <<'END'
Usage: namespaces.sh [options]
  --dnntune FILE     the command (build/release/bench/cli/dnntune)
  --network MODEL    what is run (zoo:alexnet)
  --stretches LIST   Mbit/s one after another, "down" for no link (200 50 20 5 1 0.3 down 20)
  --requests N       of each policy in each stretch (12)
  --deadline S       seconds until the device finishes a request (2)
  --share F          of a core that the device gets, by a CPU quota; 1: all (0.1)
  --delay MS         of each direction, by netem (0: the veth's own)
  --log FILE         also every answer: policy, Mbit/s, and what dnntune run --json says of it
Exit codes: 0 all requests answered, with the device's bits; 1 not; 2 usage; 70 a command failed; 77 this machine cannot do it
END
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dnntune=$here/../../build/release/bench/cli/dnntune
network=zoo:alexnet
stretches=(200 50 20 5 1 0.3 down 20)
requests=12
deadline=2
share=0.1
delay_ms=0
log=/dev/null
warm_up=6  # requests before the first stretch: connections, the server's suffixes, memory

device_address=10.77.0.1
cloud_address=10.77.0.2
device_end=veth-device
cloud_end=veth-cloud
work='' cgroup='' model='' reference=''
device_holder='' cloud_holder='' server=''
port=8000
policies=(device cloud split adaptive)
compared=0
declare -A path_count sum_ms count fallback_count lost wrong

say() { printf '%s\n' "$*"; }
skip() { say "skipped: $*"; exit 77; }
fail() { say "failed: $*" >&2; exit 70; }
calc() { awk -v OFMT=%.10g -v CONVFMT=%.10g "BEGIN { print ($1) }"; }

read_options() {
  local given=("$@")
  while (($# > 0)); do
    case $1 in
      --help | -h) usage; exit 0 ;;
      --dnntune | --network | --stretches | --requests | --deadline | --share | --delay | --log) (($# > 1)) || { usage >&2; exit 2; } ;;
      *) usage >&2; exit 2 ;;
    esac
    case $1 in
      --dnntune) dnntune=$2 ;;
      --network) network=$2 ;;
      --stretches) read -ra stretches <<<"$2" ;;
      --requests) requests=$2 ;;
      --deadline) deadline=$2 ;;
      --share) share=$2 ;;
      --delay) delay_ms=$2 ;;
      --log) log=$2 ;;
    esac
    shift 2
  done
  local stretch
  for stretch in "${stretches[@]}"; do
    [[ $stretch == down || $stretch =~ ^[0-9]*\.?[0-9]+$ ]] || { say "--stretches: '$stretch' is neither Mbit/s nor down" >&2; exit 2; }
  done
  [[ ${#stretches[@]} -gt 0 && ${stretches[0]} != down ]] || { say "--stretches: the first has to be a rate" >&2; exit 2; }
  [[ $requests =~ ^[1-9][0-9]*$ ]] || { say "--requests: '$requests' is no number above 0" >&2; exit 2; }
  [[ -x $dnntune ]] || { say "no command at $dnntune; build dnntune_cli, or name it by --dnntune" >&2; exit 2; }
  become_root "${given[@]}"
}

# A user namespace has a root of its own, where the system lets us make one.
become_root() {
  local tool
  ((BASH_VERSINFO[0] >= 5)) || skip "bash 5 is needed"
  for tool in ip tc unshare nsenter awk stdbuf; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
  done
  ((EUID == 0)) && return
  unshare -rn true 2>/dev/null || skip "this needs root, and user namespaces are not allowed"
  exec unshare -rn "${BASH_SOURCE[0]}" "$@"
}

# ---- What is made, and its end

end_process() {
  [[ -n $1 ]] || return 0
  kill "$1" 2>/dev/null && wait "$1" 2>/dev/null || true
}

clean_up() {
  trap - EXIT INT TERM
  local child
  for child in $(jobs -p); do end_process "$child"; done
  [[ -z $cgroup ]] || rmdir "$cgroup" 2>/dev/null || { sleep 0.2; rmdir "$cgroup"; }
  [[ -z $work ]] || rm -rf "$work"
}

# Sets `held` to a process that holds a new network namespace open; the namespace ends with it.
hold_namespace() {
  local own
  unshare -n sleep infinity 2>"$work/unshare" &
  held=$!
  own=$(readlink /proc/self/ns/net)
  for _ in {1..100}; do
    kill -0 "$held" 2>/dev/null || skip "no network namespace: $(<"$work/unshare")"
    [[ $(readlink "/proc/$held/ns/net") != "$own" ]] && return
    sleep 0.02
  done
  skip "no network namespace within two seconds"
}

in_device() { nsenter -t "$device_holder" -n "$@"; }
in_cloud() { nsenter -t "$cloud_holder" -n "$@"; }

join_namespaces() {
  in_device ip link add "$device_end" type veth peer name "$cloud_end" netns "$cloud_holder" || skip "no veth"
  in_device ip addr add "$device_address/24" dev "$device_end"
  in_cloud ip addr add "$cloud_address/24" dev "$cloud_end"
  in_device ip link set "$device_end" up
  in_cloud ip link set "$cloud_end" up
  shape add "${stretches[0]}" 2>"$work/tc" || skip "tc has no tbf here: $(<"$work/tc")"
  if [[ $delay_ms != 0 ]]; then
    in_device tc qdisc add dev "$device_end" parent 1:1 handle 10: netem delay "${delay_ms}ms" 2>"$work/tc" || skip "tc has no netem here, which --delay needs"
    in_cloud tc qdisc add dev "$cloud_end" parent 1:1 handle 10: netem delay "${delay_ms}ms"
  fi
}

# Bytes of the bucket: 1 ms of the rate, but three packets at least. What fits into it passes at once, so it has to be less than a request.
bucket() { calc "$1 * 125 > 5000 ? int($1 * 125) : 5000"; }

# add or change RATE, of both ends. The queue holds 100 ms, but 32 kB at least.
shape() {
  local settings
  settings=(root handle 1: tbf rate "$(calc "int($2 * 1e6)")bit" burst "$(bucket "$2")" limit "$(calc "$2 * 12500 > 32000 ? int($2 * 12500) : 32000")")
  in_device tc qdisc "$1" dev "$device_end" "${settings[@]}"
  in_cloud tc qdisc "$1" dev "$cloud_end" "${settings[@]}"
}

# The cloud's end goes down: what the device sends is lost, and nobody tells it.
set_stretch() {
  if [[ $1 == down ]]; then
    in_cloud ip link set "$cloud_end" down
  else
    in_cloud ip link set "$cloud_end" up
    shape change "$1"
  fi
}

# A group of processes that gets `share` of a core, by whichever form of cgroups has the CPU's quota.
make_slow_group() {
  [[ $share != 1 ]] || return 0
  local quota root
  quota=$(calc "int($share * 20000)")
  root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ { print $2; exit }' /proc/mounts)
  if [[ -n $root ]] && mkdir "$root/dnntune-network-$$" 2>/dev/null; then
    cgroup=$root/dnntune-network-$$
    echo 20000 >"$cgroup/cpu.cfs_period_us" && echo "$quota" >"$cgroup/cpu.cfs_quota_us" && return
  elif grep -qw cpu /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null && mkdir "/sys/fs/cgroup/dnntune-network-$$" 2>/dev/null; then
    cgroup=/sys/fs/cgroup/dnntune-network-$$
    echo "$quota 20000" >"$cgroup/cpu.max" && return
  fi
  say "note: no CPU quota may be set here; the device is as fast as the cloud"
  share=1
}

slow() { [[ -z $cgroup ]] || echo "$1" >"$cgroup/cgroup.procs"; }

start_server() {
  exec_in "$cloud_holder" "$dnntune" serve "$network" --threads 1 --host "$cloud_address" --port "$port" --allow-unauthenticated >"$work/server" 2>&1 &
  server=$!
  for _ in {1..600}; do
    kill -0 "$server" 2>/dev/null || fail "dnntune serve: $(<"$work/server")"
    if grep -qs '^listening' "$work/server"; then
      model=$(awk '$1 == "model" { print $2; exit }' "$work/server")
      return
    fi
    sleep 0.1
  done
  fail "dnntune serve does not listen after a minute"
}

# For processes in the background: their id is that of the command.
exec_in() {
  local holder=$1
  shift
  exec nsenter -t "$holder" -n "$@"
}

# ---- The link, measured

# Mbit/s from device to cloud: a body of zeros to the server over a new connection, until its refusal (it is no JSON) comes back.
measure_rate() {
  local bytes
  bytes=$(calc "int($1 * 125000 < 40000 ? 40000 : $1 * 125000 > 16000000 ? 16000000 : $1 * 125000)")
  # shellcheck disable=SC2016
  in_device timeout 30 bash -c '
    exec 3<>"/dev/tcp/$1/$2"
    start=$EPOCHREALTIME
    printf "POST /v2/models/%s/infer HTTP/1.1\r\nHost: cloud\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" "$3" "$4" >&3
    head -c "$4" /dev/zero >&3
    IFS= read -r line <&3
    end=$EPOCHREALTIME
    [[ $line == *" 400 "* ]] || exit 1
    awk -v a="$start" -v b="$end" -v n="$4" "BEGIN { printf \"%.3g\", n * 8e-6 / (b - a) }"' bash "$cloud_address" "$port" "$model" "$bytes" || echo '?'
}

# Milliseconds, the least of ten, of one small request and its answer on an open connection.
measure_round_trip() {
  # shellcheck disable=SC2016
  in_device timeout 30 bash -c '
    exec 3<>"/dev/tcp/$1/$2"
    least=1000000
    for _ in {1..10}; do
      start=${EPOCHREALTIME/./}
      printf "GET /v2/health/live HTTP/1.1\r\nHost: cloud\r\n\r\n" >&3
      IFS= read -r line <&3
      took=$((${EPOCHREALTIME/./} - start))
      ((took < least)) && least=$took
      length=0
      while IFS= read -r line <&3 && [[ $line != $'"'\\r'"' ]]; do [[ ${line,,} =~ ^content-length:\ ([0-9]+) ]] && length=${BASH_REMATCH[1]}; done
      ((length == 0)) || read -rN "$length" line <&3
    done
    awk -v t="$least" "BEGIN { printf \"%.2f\", t / 1000 }"' bash "$cloud_address" "$port" || echo '?'
}

declare -A measured
measure_rates() {
  local stretch
  for stretch in "${stretches[@]}"; do
    [[ $stretch != down && -z ${measured[$stretch]:-} ]] || continue
    set_stretch "$stretch"
    measured[$stretch]=$(measure_rate "$stretch")
  done
  measured[down]=-
  set_stretch "${stretches[0]}"
  round_trip=$(measure_round_trip)
}

# ---- Plans

link_file() {
  printf '{"schema": "dnntune.link/1", "name": "%s Mbit/s", "bandwidth_up_bps": %se6, "bandwidth_down_bps": %se6, "round_trip_s": 0.001}\n' "$1" "$1" "$1" >"$work/link.json"
}

# FILE OPTIONS...: a plan from the profiles of both sides. Prints what it says of itself.
plan() {
  local file=$1
  shift
  "$dnntune" plan "$network" --device "$work/device.json" --cloud "$work/cloud.json" --link "$work/link.json" --out "$file" "$@" || fail "dnntune plan"
}

make_plans() {
  "$dnntune" profile "$network" --threads 1 --seconds 4 --out "$work/cloud.json" >/dev/null || fail "dnntune profile"
  (
    slow "$BASHPID"
    exec "$dnntune" profile "$network" --threads 1 --seconds 8 --out "$work/device.json" >/dev/null
  ) || fail "dnntune profile"
  local first last rate
  link_file 1
  plan "$work/any.json" >/dev/null
  first=$(awk -F'"' '/"layers": \[/ { getline; print $2; exit }' "$work/any.json")
  last=$(awk -F'"' '/"layers": \[/ { inside = 1; next } inside && /\]/ { exit } inside { name = $2 } END { print name }' "$work/any.json")
  plan "$work/device-plan.json" --pin "$last" >/dev/null
  plan "$work/cloud-plan.json" --pin "$first=cloud" >/dev/null
  for rate in 20 10 50 5 100 2 1; do
    link_file "$rate"
    plan "$work/split-plan.json" >"$work/split-plan"
    grep -q 'minimises latency: split' "$work/split-plan" && split_for=$rate && return
  done
  fail "no link from 1 to 100 Mbit/s asks for a split of $network here"
}

# ---- Requests

# Options of `dnntune run` for a policy, into `options`.
options_of() {
  options=(run "$network" --threads 1 --cloud "http://$cloud_address:$port" --deadline "$deadline" --json)
  if [[ $1 == adaptive ]]; then options+=(--adaptive --link wifi); else options+=(--plan "$work/$1-plan.json"); fi
}

# POLICY REPEAT: begins `dnntune run`; its answers are on descriptor 4, its process is `client`. An adaptive one profiles the device first, and is slow from the start.
begin() {
  local policy=$1 repeat=$2 options
  options_of "$policy"
  rm -f "$work/answers"
  mkfifo "$work/answers"
  (
    [[ $policy != adaptive ]] || slow "$BASHPID"
    exec_in "$device_holder" stdbuf -oL "$dnntune" "${options[@]}" --repeat "$repeat"
  ) >"$work/answers" 2>"$work/errors" &
  client=$!
  exec 4<"$work/answers"
}

# LINE of `dnntune run --json`: name, type, shape and digest of every output.
outputs_of() {
  [[ $1 =~ \"outputs\":(\[.*\]) ]] || return 1
  printf '%s' "${BASH_REMATCH[1]}"
}

# POLICY: reads an answer into `line`, `path` and `total_ms`, and holds its outputs against the device's.
next_answer() {
  local policy=$1 outputs
  IFS= read -r -t 120 line <&4 || return 1
  [[ $line =~ \"path\":\"([a-z]+)\" ]] || return 1
  path=${BASH_REMATCH[1]}
  [[ $line =~ \"total_ns\":([0-9.e+]+) ]] || return 1
  total_ms=$(calc "${BASH_REMATCH[1]} * 1e-6")
  outputs=$(outputs_of "$line") || return 1
  compared=$((compared + 1))
  [[ $outputs == "$reference" ]] && return
  say "$policy: an answer by way of '$path' is not what the device alone gives: $outputs"
  wrong[$policy]=$((wrong[$policy] + 1))
}

# POLICY: the client has to end by itself.
finish() {
  exec 4<&-
  wait "$client" && return
  say "$1: dnntune run failed: $(<"$work/errors")"
  lost[$1]=$((lost[$1] + 1))
}

record() {
  printf '%s %s %s\n' "$1" "${stretches[$2]}" "$line" >>"$log"
  local key=$1,$2
  path_count[$key,$path]=$((${path_count[$key,$path]:-0} + 1))
  count[$key]=$((${count[$key]:-0} + 1))
  sum_ms[$key]=$(calc "${sum_ms[$key]:-0} + $total_ms")
  all_paths[$1,$path]=$((${all_paths[$1,$path]:-0} + 1))
}

# Every stretch, with one client that knows nothing of them. The link goes down while a request is half done.
drive() {
  local policy=$1 stretch index i
  set_stretch "${stretches[0]}"
  begin "$policy" $((warm_up + requests * ${#stretches[@]}))
  for ((i = 0; i < warm_up; ++i)); do
    next_answer "$policy" || { lost[$policy]=$((lost[$policy] + 1)); break; }
    ((i > 0)) || [[ $policy == adaptive ]] || slow "$client"
  done
  for index in "${!stretches[@]}"; do
    stretch=${stretches[index]}
    [[ $stretch != down ]] || sleep "$(calc "${total_ms:-0} / 2000")"
    set_stretch "$stretch"
    for ((i = 0; i < requests; ++i)); do
      if ! next_answer "$policy"; then
        lost[$policy]=$((lost[$policy] + requests - i))
        break
      fi
      record "$policy" "$index"
    done
  done
  finish "$policy"
}

bytes_sent() {
  local line
  while IFS= read -r line; do
    [[ $line == *"$device_end:"* ]] || continue
    read -ra line <<<"${line#*:}"
    sent=${line[8]}
  done <"/proc/$device_holder/net/dev"
}

# The link goes down as soon as 8 kB of a request have left the device. Where the last one was run on the device, after half of its time.
cut() {
  local policy=$1 i before sent end
  set_stretch 5
  begin "$policy" $((warm_up + 1))
  for ((i = 0; i < warm_up; ++i)); do
    next_answer "$policy" || { lost[$policy]=$((lost[$policy] + 1)); break; }
    ((i > 0)) || [[ $policy == adaptive ]] || slow "$client"
  done
  bytes_sent
  before=$sent
  end=$((${EPOCHREALTIME/./} + $(calc "int(${total_ms:-0} * ($([[ ${path:-} == device ]] && echo 500 || echo 1000)))")))
  while ((sent - before < 8000 && ${EPOCHREALTIME/./} < end)); do bytes_sent; done
  sent_at_cut=$((sent - before))
  set_stretch down
  next_answer "$policy" || { lost[$policy]=$((lost[$policy] + 1)); path=lost total_ms=0; }
  finish "$policy"
  printf '  %-9s %-9s %8.0f ms, %d bytes had left the device\n' "$policy" "$path" "$total_ms" "$sent_at_cut"
}

# ---- Tables

mean() { if ((${count[$1]:-0} > 0)); then calc "int(${sum_ms[$1]} / ${count[$1]} + 0.5)"; else echo -; fi; }
of_path() { echo "${path_count[$1,$2]:-0}"; }

stretch_table() {
  local index row policy path paths falls
  printf '%6s %8s %35s %9s %15s\n' '' '' 'mean ms' 'adaptive' 'fallbacks'
  printf '%6s %8s %8s %8s %8s %8s %9s %3s %3s %3s %3s\n' Mbit/s measured device cloud split adaptive dev/sp/cl dev cld spl ada
  for index in "${!stretches[@]}"; do
    printf -v row '%6s %8s' "${stretches[index]}" "${measured[${stretches[index]}]}"
    for policy in "${policies[@]}"; do printf -v row '%s %8s' "$row" "$(mean "$policy,$index")"; done
    printf -v paths '%s/%s/%s' "$(of_path "adaptive,$index" device)" "$(of_path "adaptive,$index" split)" "$(of_path "adaptive,$index" cloud)"
    falls=
    for policy in "${policies[@]}"; do printf -v falls '%s%4s' "$falls" "$(of_path "$policy,$index" fallback)"; done
    printf '%s %9s%s\n' "$row" "$paths" "$falls"
  done
}

total_table() {
  local policy index sum n
  say "  policy    requests  mean ms  device  split  cloud  fallback  lost  wrong"
  for policy in "${policies[@]}"; do
    sum=0 n=0
    for index in "${!stretches[@]}"; do
      sum=$(calc "$sum + ${sum_ms[$policy,$index]:-0}")
      n=$((n + ${count[$policy,$index]:-0}))
    done
    printf '  %-9s %8d %8s %7d %6d %6d %9d %5d %6d\n' "$policy" "$n" "$(calc "$n > 0 ? int($sum / $n + 0.5) : 0")" "${all_paths[$policy,device]:-0}" \
      "${all_paths[$policy,split]:-0}" "${all_paths[$policy,cloud]:-0}" "${all_paths[$policy,fallback]:-0}" "${lost[$policy]}" "${wrong[$policy]}"
  done
}

verdict() {
  local policy bad=0
  for policy in "${policies[@]}"; do bad=$((bad + lost[$policy] + wrong[$policy])); done
  ((bad == 0)) || { say "$bad requests lost or wrong"; exit 1; }
  say "no request lost; all $compared answers had the device's bits"
}

main() {
  read_options "$@"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  work=$(mktemp -d)
  local policy
  for policy in "${policies[@]}"; do lost[$policy]=0 wrong[$policy]=0; done
  hold_namespace
  device_holder=$held
  hold_namespace
  cloud_holder=$held
  join_namespaces
  make_slow_group
  reference=$(outputs_of "$("$dnntune" run "$network" --threads 1 --json)") || fail "dnntune run"
  start_server
  measure_rates
  make_plans
  say "$model, one thread a side, the device with $share of a core; raw values; deadline $deadline s; $requests requests a policy and stretch"
  say "delay: $( [[ $delay_ms == 0 ]] && echo "the veth's own" || echo "netem, $delay_ms ms a direction"); a small request took $round_trip ms; split: what is planned for $split_for Mbit/s"
  for policy in "${policies[@]}"; do drive "$policy"; done
  say
  stretch_table
  say
  total_table
  say
  say "link down in the middle of a request, at 5 Mbit/s:"
  for policy in "${policies[@]}"; do cut "$policy"; done
  verdict
}

declare -A all_paths
main "$@"
