#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cli_test.sh DNNTUNE DIGITS WORK
set -uo pipefail
dnntune=$1 digits=$2 work=$3
rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
failures=0

# expect CODE PATTERN ARGUMENTS...: the exit code, and a line of output (either stream) that matches.
expect() {
  local code=$1 pattern=$2
  shift 2
  timeout 120 "$dnntune" "$@" > out.txt 2>&1
  local got=$?
  if [ $got -ne "$code" ] || ! grep -qE -- "$pattern" out.txt; then
    echo "FAIL: dnntune $* -> $got, wanted $code and /$pattern/"
    sed 's/^/    /' out.txt | head -20
    failures=$((failures + 1))
  fi
}
narrow() { # the last output fits 80 columns
  local wide
  wide=$(awk '{ gsub(/[\x80-\xbf]/, ""); if (length($0) > 80) n++ } END { print n + 0 }' out.txt)
  [ "$wide" -eq 0 ] || { echo "FAIL: $1: $wide lines wider than 80 columns"; failures=$((failures + 1)); }
}

cnn=$digits/digits_cnn.onnx

expect 0 'Exit codes' --help; narrow help
expect 2 'subcommand' 
expect 2 '.' no-such-command
for command in zoo inspect profile tune characterize calibrate predict plan run check serve timeline export reproduce env; do expect 0 'Usage|usage' $command --help; narrow "$command --help"; done
expect 0 'dnntune [0-9]' --version
expect 0 'layers of 3 networks' calibrate --threads 1 --budget 60 --networks 3 --out cost.json; narrow calibrate
grep -q 'dnntune.device/1' cost.json && grep -q 'dnntune.cost_model/5' cost.json || { echo "FAIL: calibrate wrote no device file with a model"; failures=$((failures + 1)); }
expect 0 'standard deviation' predict "$cnn" --threads 1 --with cost.json --out predicted.json; narrow predict
expect 0 'planned: exact' predict "$cnn" --threads 1 --with cost.json
expect 2 "no meter 'sundial'" calibrate --energy sundial --out too_short.json
expect 3 'budget 0.1.*nothing is written' calibrate --threads 1 --budget 0.1 --out too_short.json
[ ! -e too_short.json ] || { echo "FAIL: calibrate wrote a device file although it measured no network"; failures=$((failures + 1)); }
expect 0 'to try' env --device cost.json
expect 0 'mobile-only' plan "$cnn" --threads 1 --device cost.json --cloud cost.json --link lte
expect 2 'gpu:7' predict "$cnn" --with cost.json --processor gpu:7
"$dnntune" env --json --device cost.json | cmp -s - cost.json || { echo "FAIL: a device file with a model does not come back as it was"; failures=$((failures + 1)); }
expect 0 'planned: exact' inspect "$cnn" --threads 1
expect 0 'arena_bytes' inspect "$cnn" --json
expect 0 'mobile-only' plan "$cnn" --device predicted.json --cloud predicted.json --link lte
expect 2 'required' predict "$cnn"
expect 4 'nowhere.json' predict "$cnn" --with nowhere.json
expect 2 'schema' predict "$cnn" --with predicted.json
for arguments in --help "plan --list-links" zoo; do
  "$dnntune" $arguments > /dev/full 2> out.txt
  [ $? -eq 4 ] && grep -q 'cannot write' out.txt || { echo "FAIL: $arguments to a full disk"; failures=$((failures + 1)); }
done
expect 0 'SIMD' env
expect 0 'meter (rapl|battery)  ' env; narrow env
expect 0 'to try +cpu:' env
expect 0 'dnntune.device/1' env --json
"$dnntune" env --json > device.json
"$dnntune" env --json --device device.json | cmp -s - device.json || { echo "FAIL: env --json does not read back what it wrote"; failures=$((failures + 1)); }
cat > phone.json <<'END'
{"schema": "dnntune.device/1", "name": "a phone with a name that is a good deal longer than a line of the terminal is wide", "memory_bytes": 4000000000,
 "processors": [{"name": "cpu:all", "backend": "cpu", "cores": [4, 5, 6, 7, 0, 1, 2, 3], "threads": 8},
                {"name": "cpu:big", "backend": "cpu", "cores": [4, 5, 6, 7], "threads": 4},
                {"name": "opencl:0", "backend": "opencl", "threads": 1}],
 "clusters": [{"name": "cpu:big", "core": "Cortex-A73", "cores": [4, 5, 6, 7], "physical_cores": 4, "max_frequency_hz": 2.4e9, "speed": 1}],
 "caches": [{"level": 2, "type": "unified", "size_bytes": 2097152, "cores": [4, 5, 6, 7]}],
 "smt_siblings": [[0, 1], [2, 3]], "numa_nodes": [{"id": 0, "cores": [0, 1]}, {"id": 1, "cores": [2, 3]}], "quota_cores": 3.5}
END
expect 0 'to try +cpu:big x1 x2 x4, opencl:0' env --device phone.json; narrow "env --device"
expect 0 'L2 unified +2 MiB +1 +4-7' env --device phone.json
expect 0 '2.40 +1.00 +4-7' env --device phone.json
expect 4 'missing.json' env --device missing.json
expect 2 'lenet.onnx.*JSON|JSON' env --device "$digits/digits_cnn.onnx"

expect 0 'part-of-speech' zoo senna_pos; narrow zoo
expect 4 'resnet50' zoo no_such_network
expect 0 'wrote' zoo lenet --out lenet.onnx
expect 0 'parameters' inspect lenet.onnx; narrow inspect
expect 0 'Conv' inspect "$cnn" --layers --cuts; narrow "inspect --layers --cuts"
expect 0 'dnntune.inspect/1' inspect "$cnn" --json
expect 4 'missing.onnx' inspect missing.onnx
head -c 5000 "$cnn" > truncated.onnx
expect 3 '.' inspect truncated.onnx
expect 2 'SYMBOL=N' inspect "$cnn" --dim batch=zero
expect 0 '\[4,10\]|\[4,1,8,8\]' inspect "$cnn" --dim batch=4

expect 0 'plain run|unattributed' profile "$cnn" --threads 1 --samples 3 --out here.json; narrow profile
expect 0 '.' profile "$cnn" --threads 1 --samples 3 --html layers.html
grep -q ' on cpu:all x1' layers.html || { echo "FAIL: profile --html wrote no page"; failures=$((failures + 1)); }
expect 1 '^lenet +cpu:all x1 +[0-9.]+' characterize --networks "lenet,$cnn,missing.onnx" --processors "cpu:all x1" --seconds 0.1 --json all.json --html all.html
narrow characterize
grep -qE '^missing.onnx +cpu:all x1 +failed \(1\)' out.txt || { echo "FAIL: characterize does not say what failed"; failures=$((failures + 1)); }
grep -q 'dnntune.characterization/2' all.json && grep -q 'Networks and processors' all.html || { echo "FAIL: characterize --json --html"; failures=$((failures + 1)); }
# What was measured stays as it is, to the last digit of its time; what failed is tried again.
kept=$(grep -A3 '"run_ns"' all.json | head -4)
expect 1 '^lenet +cpu:all x1 +[0-9.]+' characterize --networks "lenet,$cnn,missing.onnx" --processors "cpu:all x1" --seconds 0.1 --json all.json --resume
[ "$(grep -A3 '"run_ns"' all.json | head -4)" = "$kept" ] || { echo "FAIL: characterize --resume measured again"; failures=$((failures + 1)); }
expect 0 'cpu:all x2 +[0-9.]+' characterize --networks lenet --processors "cpu:all x1,cpu:all x2" --seconds 0.1 --json all.json --resume; narrow "characterize, two processors"
# Ended from outside, it still tells what it has.
"$dnntune" characterize --networks mobilenet_v1,vgg16,resnet50 --processors "cpu:all x1" --seconds 1 --json part.json >out.txt 2>err.txt & running=$!
for i in $(seq 600); do grep -q '"run_ns"' part.json 2>/dev/null && break; sleep 0.1; done
kill -TERM $running; wait $running; status=$?
{ [ $status = 1 ] && grep -qE '^mobilenet_v1 +cpu:all x1 +[0-9.]+' out.txt && grep -q 'pairs are not measured' out.txt; } || { echo "FAIL: characterize, ended by a signal ($status)"; cat out.txt err.txt; failures=$((failures + 1)); }
echo '{}' >bad.json
expect 2 'bad.json.*no characterization' characterize --networks lenet --json bad.json --resume
expect 1 'missing.onnx.*cannot|\(1\) missing.onnx' characterize --networks missing.onnx --processors "cpu:all x1"
expect 2 'processors.*cpu:none' characterize --networks lenet --processors cpu:none
expect 2 'seconds' characterize --networks lenet --seconds 0
expect 0 'gemv_bf16' profile "$digits/digits_mlp.onnx" --threads 1 --samples 3 --weights bf16
grep -qE 'weights stored as bfloat16 change the outputs by [0-9.e-]+ of' out.txt || { echo "FAIL: profile does not tell the error of bf16 weights"; failures=$((failures + 1)); }
narrow "profile --weights"
expect 0 '.' profile "$cnn" --threads 1 --samples 3 --math bf16
grep -qE 'products in bfloat16 change the outputs by [0-9.e-]+ of' out.txt || { echo "FAIL: profile does not tell the error of bf16 products"; failures=$((failures + 1)); }
expect 0 'energy of the run .*published: given on the command line' profile "$cnn" --threads 1 --samples 3 --power 2; narrow "profile --power"
expect 0 'energy of the run .*: given on the command line' profile "$cnn" --threads 1 --samples 3 --power 0.4@900,1.5@2400
for power in 0 -1 nan x 1,2 1@0 1@2@3 1@900,2@900 1@900, ,; do expect 2 'power' profile "$cnn" --power "$power"; done
expect 2 "no meter 'sundial'" profile "$cnn" --threads 1 --samples 3 --energy sundial
expect 2 'math' profile "$cnn" --math fp16
expect 0 '.' run "$cnn" --threads 1 --math bf16
expect 2 'weights' profile "$cnn" --weights int4
expect 0 '.' run "$digits/digits_mlp.onnx" --threads 1 --weights fp16
expect 0 'dnntune.profile/1' profile "$cnn" --threads 1 --samples 3 --json
for wrong in nan inf 0 -1 x 1e999; do
  expect 2 "power.*$wrong" profile "$cnn" --power "$wrong"
  expect 2 "deadline.*$wrong" run "$cnn" --deadline "$wrong"
done
expect 2 'rtol' check lenet.onnx --rtol nan
expect 2 'seed' zoo lenet --out never.onnx --seed -1
expect 0 'wrote' zoo lenet --out seed010.onnx --seed 010
expect 0 'wrote' zoo lenet --out seed10.onnx --seed 10
cmp -s seed010.onnx seed10.onnx || { echo "FAIL: --seed 010 is not 10"; failures=$((failures + 1)); }
expect 2 'gpu:7' profile "$cnn" --processor gpu:7
expect 2 'no core 8191' profile "$cnn" --processor cpu:8191
expect 2 'names core 0 twice' profile "$cnn" --processor cpu:0,0
expect 2 '^dnntune: --with: no processor|--with: no processor' tune "$cnn" --with ""
expect 4 'no_such_folder' profile "$cnn" --threads 1 --samples 3 --tuning-cache no_such_folder
expect 4 "cannot write to the folder '/proc'" tune "$cnn" --threads 1 --budget 1 --cache /proc
expect 4 '/dev/zero.*64 MiB' profile "$cnn" --assignment /dev/zero
expect 4 '/dev/zero.*64 MiB' plan "$cnn" --device /dev/zero --cloud /dev/zero
expect 4 '/dev/zero.*64 MiB' predict "$cnn" --with /dev/zero
expect 4 '/dev/zero.*64 MiB' env --device /dev/zero
expect 4 '/dev/zero.*64 MiB' run "$cnn" --plan /dev/zero --cloud http://127.0.0.1:1
ln -sf /dev/zero zero.npy
expect 4 'zero.npy.*not a regular file' run "$cnn" --input zero.npy
printf '{"schema": "dnntune.assignment/1", "processors": [], "layers": {"no layer": {"processor": ""}}}' > other.json
expect 2 "does not have: 'no layer'" profile "$cnn" --threads 1 --assignment other.json
expect 0 'wifi' plan --list-links
expect 2 'cloud' plan "$cnn"
expect 0 'mobile-only' plan "$cnn" --device here.json --cloud here.json --link lte --out plan.json; narrow plan
expect 0 'lte' plan "$cnn" --device here.json --cloud here.json --link lte2012
expect 0 'taken as idle' plan "$cnn" --device here.json --cloud here.json
expect 4 'lte2012' plan "$cnn" --device here.json --cloud here.json --link lte1912

expect 0 '^211 cells: 171 agree' reproduce taco19; narrow "reproduce taco19"
expect 0 'dnntune.reproduction/1' reproduce taco19 --json
expect 0 'DADS: ours is worse in 0 of 30' reproduce policies; narrow "reproduce policies"
expect 2 'taco19' reproduce taco20
expect 0 'dnntune.plan/1' plan "$cnn" --device here.json --cloud here.json --json

"$dnntune" profile "$cnn" --threads 1 --samples 3 --power 2 --energy model --out powered.json > /dev/null
# Links that change: a file, a synthetic one, and what cannot be planned for.
printf 'time_s,up_mbps,down_mbps,rtt_ms\n0,8,20,50\n1,0,0,400\n2,3,9,80\n' > gaps.csv
expect 0 'proven the best of all' plan "$cnn" --device here.json --cloud here.json --trace gaps.csv --out gaps_plan.json; narrow "plan --trace"
grep -q '"schema": *"dnntune.plan/1"' gaps_plan.json || { echo "FAIL: plan --trace wrote no plan that can be run"; failures=$((failures + 1)); }
expect 0 'if the future were known' plan "$cnn" --device here.json --cloud here.json --trace lte-drive:7 --trace-percentile 0.9 --trace-starts 200; narrow "plan --trace lte-drive"
expect 0 'dnntune.trace_plan/1' plan "$cnn" --device here.json --cloud here.json --trace wifi --json
expect 0 'energy of the device' plan "$cnn" --device powered.json --cloud here.json --trace gaps.csv --link lte --objective energy
expect 2 'no radio' plan "$cnn" --device powered.json --cloud here.json --trace gaps.csv --objective energy
expect 0 '5g-drive' plan --list-traces
expect 4 'lte-walk' plan "$cnn" --device here.json --cloud here.json --trace pigeon:3
expect 2 "'x' is no seed" plan "$cnn" --device here.json --cloud here.json --trace wifi:x
printf 'time_s,up_mbps,down_mbps,rtt_ms\n0,8,20\n' > short.csv
expect 2 'short.csv.*line 2: 4 columns' plan "$cnn" --device here.json --cloud here.json --trace short.csv
printf 'time_s,up_mbps,down_mbps,rtt_ms\n0,8,20,50\n1,-1,0,400\n' > negative.csv
expect 2 'negative.csv.*line 3: up_mbps is -1' plan "$cnn" --device here.json --cloud here.json --trace negative.csv
expect 2 'FILE.csv or FILE.json' plan "$cnn" --device here.json --cloud here.json --trace /dev/null
expect 2 'trace.*is empty' plan "$cnn" --device here.json --cloud here.json --trace ""
expect 2 'radio.*is empty' plan "$cnn" --device here.json --cloud here.json --radio ""
expect 2 'device-memory.*1 byte' plan "$cnn" --device here.json --cloud here.json --device-memory 0.5
expect 2 'device-memory.*1 byte' plan "$cnn" --device here.json --cloud here.json --device-memory 1e30GB
expect 2 'none of latency, energy' plan "$cnn" --device here.json --cloud here.json --minimize money
expect 0 'latency .p99.' plan "$cnn" --device here.json --cloud here.json --percentile 0.99; narrow "plan --percentile"
expect 0 'a result every' plan "$cnn" --device here.json --cloud here.json --minimize throughput; narrow "plan --minimize throughput"
expect 2 'not a route' plan "$cnn" --device here.json --cloud here.json --trace wifi:1 --encodings raw,fp16
expect 2 'percentile' plan "$cnn" --device here.json --cloud here.json --trace wifi:1 --trace-percentile 1.5

# Routes: an edge between, an encoding a value, limits, radios and connections.
names=$(sed -n 's/^ *"name": *"\(.*\)",*$/\1/p' here.json) head=$(head -1 <<< "$names") second=$(sed -n 2p <<< "$names") tail=$(tail -1 <<< "$names")
expect 0 'via1|edge' plan "$cnn" --device here.json --via edge=here.json --cloud here.json --link wifi --link lte --encodings raw,fp16,int8; narrow "plan --via"
expect 0 'proven the best' plan "$cnn" --device here.json --cloud here.json --encodings int8 --percentile 0.9 --private-within 0
expect 0 'dnntune.route_plan/1' plan "$cnn" --device here.json --cloud here.json --minimize latency=1,bytes_up=0.5 --json
expect 0 'minimises throughput' plan "$cnn" --device here.json --cloud here.json --minimize throughput
expect 0 'minimises energy' plan "$cnn" --device powered.json --cloud here.json --link 3g --minimize energy --radio huang12-3g --interval 5 --cold --idle-power 0.3
expect 3 'within the limits' plan "$cnn" --device powered.json --cloud here.json --limit latency=1ns
expect 0 'proven' plan "$cnn" --device powered.json --cloud here.json --limit energy=50J --limit bytes_up=1MB --device-memory 1GB --returns
expect 2 'limit.*ms' plan "$cnn" --device here.json --cloud here.json --limit latency=5parsec
expect 2 'bytes_up' plan "$cnn" --device here.json --cloud here.json --limit beauty=5
expect 2 'int8_channel' plan "$cnn" --device here.json --cloud here.json --encodings raw,morse
expect 2 'link' plan "$cnn" --device here.json --cloud here.json --link wifi --link lte
expect 2 'link' plan "$cnn" --device here.json --via here.json --cloud here.json --link wifi --link lte --link 3g
expect 4 'huang12-lte' plan "$cnn" --device here.json --cloud here.json --radio crystal
expect 2 'objective' plan "$cnn" --device here.json --cloud here.json --objective energy --minimize latency
expect 2 'percentile' plan "$cnn" --device here.json --cloud here.json --percentile 0.2
expect 4 'no_such_layer' plan "$cnn" --device here.json --cloud here.json --encodings raw --pin no_such_layer
expect 0 'proven' plan "$cnn" --device here.json --cloud here.json --pin "$tail=cloud"
expect 2 "no stop 'clod'; there are device, cloud" plan "$cnn" --device here.json --cloud here.json --pin "$tail=clod"
expect 4 "no layer 'no_such_layer'" plan "$cnn" --device here.json --cloud here.json --pin no_such_layer=cloud
expect 2 "both named 'edge'" plan "$cnn" --device here.json --via edge=here.json --via edge=here.json --cloud here.json
expect 2 "both named 'cloud'" plan "$cnn" --device here.json --via cloud=here.json --cloud here.json
expect 2 "stop 1 has no name" plan "$cnn" --device here.json --via =here.json --cloud here.json
expect 2 'idle_power_w is 1e\+300 W' plan "$cnn" --device powered.json --cloud here.json --minimize energy --idle-power 1e300
expect 4 'wifi' plan "$cnn" --device here.json --cloud here.json --link pigeon
expect 2 '.' plan lenet.onnx --device here.json --cloud here.json
: > empty.json
expect 2 'empty.json' plan "$cnn" --device here.json --cloud empty.json
expect 4 'folder' plan "$cnn" --device . --cloud here.json
expect 2 'ftp://x' plan "$cnn" --device here.json --cloud ftp://x
expect 2 'side' export "$cnn" --out never.onnx --side prefix
expect 2 'encoding' export "$cnn" --out never.onnx --encoding fp16
expect 2 'encoding' export "$cnn" --out never.onnx --plan plan.json --encoding fp16
expect 2 'weights' run "$cnn" --plan plan.json --cloud http://127.0.0.1:1 --weights bf16
expect 2 'math' run "$cnn" --plan plan.json --cloud http://127.0.0.1:1 --math bf16
expect 4 'missing' check no_folder --expect missing.txt
# x [4] -> NonZero -> "n", whose size only a run knows -> Neg -> y. Field by field as onnx.proto numbers them.
{
  printf '\010\010\102\004\012\000\020\021\072\075'                           # ir_version 8, opset 17, the graph
  printf '\012\017\012\001x\022\001n\042\007NonZero\012\013\012\001n\022\001y\042\003Neg\022\001g'
  printf '\132\017\012\001x\022\012\012\010\010\001\022\004\012\002\010\004'     # x: float32 [4]
  printf '\142\011\012\001y\022\004\012\002\010\007'                             # y: int64
} > sized_by_a_run.onnx
expect 0 '1 +[?] +n' inspect sized_by_a_run.onnx --cuts
expect 0 'wrote' export sized_by_a_run.onnx --cut 1 --side prefix --out half.onnx
expect 0 'NonZero' inspect half.onnx
expect 0 'wrote' export sized_by_a_run.onnx --cut 1 --out half.onnx
expect 0 'Neg' inspect half.onnx
[ ! -e never.onnx ] || { echo "FAIL: never.onnx was written"; failures=$((failures + 1)); }

expect 0 'device' run "$cnn" --out-dir outputs
[ -s outputs/logits.npy ] || { echo "FAIL: no outputs/logits.npy"; failures=$((failures + 1)); }
expect 2 'no input' run "$cnn" --input nothing=outputs/logits.npy
expect 2 'image' run "$cnn" --input image=outputs/logits.npy
expect 2 'cloud' run "$cnn" --plan plan.json
# --json: the same digest for the same outputs, another for others.
digests() { "$dnntune" run "$@" --json | grep -oE '"digest":"[0-9a-f]{32}"'; }
here_digest=$(digests "$cnn")
[ -n "$here_digest" ] && [ "$(digests "$cnn" --repeat 3 | sort | uniq -c | tr -s ' ')" = " 3 $here_digest" ] &&
  [ "$(digests "$cnn" --seed 2)" != "$here_digest" ] || { echo "FAIL: run --json: digests"; failures=$((failures + 1)); }

# A folder laid out as ONNX's tests, made by the command itself.
mkdir -p made/test_data_set_0 && cp "$cnn" made/model.onnx
"$dnntune" run "$cnn" --input image="$digits/test_images.npy" --out-dir made/out --format pb > /dev/null
cp made/out/logits.pb made/test_data_set_0/output_0.pb
expect 1 'FAIL made' check made
printf 'junk' > made/test_data_set_0/input_0.pb
expect 1 'FAIL made' check made
expect 4 'not a folder' check no-such-folder

# Serve, remote profile, a split, and the fallback once the server is gone.
"$dnntune" serve "$cnn" --timeline cloud_timeline.json > server.txt 2>&1 &
server=$!
trap 'kill -9 $server 2>/dev/null' EXIT
for _ in $(seq 100); do grep -q '^listening' server.txt && break; sleep 0.1; done
url=$(sed -n 's/^listening on //p' server.txt)
expect 0 'cloud: no requests of late' plan "$cnn" --device here.json --cloud "$url" --out plan.json; narrow "plan with a server"
expect 0 'taken as idle' plan "$cnn" --device here.json --cloud "$url" --idle-cloud
expect 0 'saturated' plan "$cnn" --device here.json --cloud "$url" --rate 1e9; narrow "plan with a saturated server"
expect 0 'plan [1-5] of [2-5]: (mobile-only|split|cloud-only)' run "$cnn" --adaptive --cloud "$url" --threads 1 --link wifi --encoding int8 --repeat 3; narrow "run --adaptive"
expect 0 '"predicted_ns"' run "$cnn" --adaptive --cloud "$url" --threads 1 --json
expect 2 'adaptive' run "$cnn" --cloud "$url"
expect 2 'cloud' run "$cnn" --adaptive
expect 4 'lte1912' run "$cnn" --adaptive --cloud "$url" --link lte1912
expect 2 'rate' plan "$cnn" --device here.json --cloud "$url" --rate nan
sed 's/"chosen"/"was_chosen"/; s/"best_split"/"chosen"/; s/"was_chosen"/"best_split"/' plan.json > split.json
expect 0 '^split' run "$cnn" --plan split.json --cloud "$url" --out-dir split_outputs --timeline device_timeline.json
expect 0 '^device' run "$cnn" --out-dir outputs
expect 0 'proven' plan "$cnn" --device here.json --cloud "$url" --encodings int8 --private-within 0 --pin "$head" --pin "$tail=cloud" --out route.json
expect 0 '^split' run "$cnn" --plan route.json --cloud "$url"
grep -q 'precision lost on the wire: .*int8' out.txt || { echo "FAIL: run does not say that precision was lost"; failures=$((failures + 1)); }
expect 0 'wrote' export "$cnn" --plan route.json --out int8_suffix.onnx
expect 0 'DequantizeLinear' inspect int8_suffix.onnx --layers
expect 0 'proven' plan "$cnn" --device here.json --via edge=here.json --cloud "$url" --pin "$head" --pin "$second=edge" --pin "$tail=cloud" --out three.json
expect 3 "'edge' and at 'cloud'" run "$cnn" --plan three.json --cloud "$url"
[ "$(digests "$cnn" --plan split.json --cloud "$url")" = "$here_digest" ] || { echo "FAIL: digests of split and local outputs differ"; failures=$((failures + 1)); }
cmp -s outputs/logits.npy split_outputs/logits.npy || { echo "FAIL: split and local outputs differ"; failures=$((failures + 1)); }
kill -TERM $server && wait $server || { echo "FAIL: serve did not stop cleanly"; failures=$((failures + 1)); }
expect 0 'cloud_clock_moved_us' timeline device_timeline.json cloud_timeline.json
expect 2 'timeline' timeline device_timeline.json plan.json
expect 2 '--plan' run "$cnn" --timeline device_timeline.json
expect 0 '^fallback' run "$cnn" --plan split.json --cloud "$url"
expect 5 '.' plan "$cnn" --device here.json --cloud "$url"
expect 2 'loopback|token' serve "$cnn" --host 0.0.0.0

# A model file that is replaced is served anew, one that is damaged is not; the signal to stop drains.
cp "$digits/digits_mlp.onnx" changing.onnx
: > server.txt  # the server may empty it late, and what another said must not be read
"$dnntune" serve changing.onnx --watch 0.1 > server.txt 2>&1 &
server=$!
says() { for _ in $(seq 200); do grep -q "$1" server.txt && return; sleep 0.1; done; echo "FAIL: serve does not say /$1/"; sed 's/^/    /' server.txt; failures=$((failures + 1)); }
says '^listening'
url=$(sed -n 's/^listening on //p' server.txt)
printf 'junk' > new.onnx && mv new.onnx changing.onnx
says '^kept model'
cp "$cnn" new.onnx && mv new.onnx changing.onnx
says '(reloaded)'
expect 0 '^split' run "$cnn" --plan split.json --cloud "$url"
kill -TERM $server && wait $server || { echo "FAIL: serve --watch did not stop cleanly"; failures=$((failures + 1)); }
says '^finishing the requests in hand'

expect 0 'wrote' export "$cnn" --cut 2 --out suffix.onnx
expect 0 'wrote' export "$cnn" --cut 2 --side prefix --out prefix.onnx
expect 0 'parameters' inspect suffix.onnx
expect 2 'position' export "$cnn" --cut 999 --out x.onnx
expect 4 '.' export "$cnn" --out /no/such/folder/x.onnx

# Suffixes for other servers.
expect 0 'served under the name .*fp16' export "$cnn" --target triton --cut 2 --cut 3 --encoding fp16 --out triton
[ "$(ls triton/models | wc -l)" -eq 2 ] && grep -q 'TYPE_FP16' triton/models/*/config.pbtxt || { echo "FAIL: export --target triton"; failures=$((failures + 1)); }
expect 2 'there already' export "$cnn" --target triton --cut 2 --encoding fp16 --out triton
expect 0 'wrote' export "$cnn" --target triton --cut 2 --encoding fp16 --out triton --replace
expect 0 'wrote' export "$cnn" --target kserve --plan route.json --out kserve --storage-uri gs://bucket/models --max-replicas 3
grep -q 'gs://bucket/models' kserve/inference_service.yaml && grep -q 'maxReplicas: 3' kserve/inference_service.yaml || { echo "FAIL: export --target kserve"; failures=$((failures + 1)); }
expect 0 'wrote' export "$cnn" --target ovms --cut 2 --out ovms
grep -q '"base_path": "models/' ovms/config.json || { echo "FAIL: export --target ovms"; failures=$((failures + 1)); }
expect 0 'wrote plain/.*[.]onnx' export "$cnn" --target plain --plan route.json --plan split.json --out plain
expect 2 'several cuts' export "$cnn" --cut 1 --cut 2 --out never.onnx
expect 2 'target' export "$cnn" --target torchserve --cut 2 --out never
expect 2 'cut' export "$cnn" --target triton --out never
expect 2 'replicas' export "$cnn" --target kserve --cut 2 --min-replicas 5 --max-replicas 2 --out never
expect 4 '/proc' export "$cnn" --target triton --cut 2 --out /proc/never
[ ! -e never ] && [ ! -e never.onnx ] || { echo "FAIL: a refused export wrote something"; failures=$((failures + 1)); }

[ $failures -eq 0 ] && echo "all command-line expectations hold"
exit $((failures > 0))
