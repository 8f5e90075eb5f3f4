# SPDX-License-Identifier: Apache-2.0
"""What this machine is and can: its name, and the limits that dnntune_kernel_bench measures."""
import re
import subprocess

SIZES = {"KiB": 1 << 10, "MiB": 1 << 20}


def describe(build):
    facts = {"cpu": _cpu_name()}
    try:
        text = subprocess.run([build / "bench/kernels/dnntune_kernel_bench", "read "], stdout=subprocess.PIPE, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return facts  # not built: results stand without limits
    peak = re.search(r"peak ([\d.]+) GFLOP/s, kernels for (\S+)", text)
    facts["peak_gflops"], facts["instruction_set"] = float(peak[1]), peak[2]
    facts["read"] = [{"name": name, "bytes": int(size) * SIZES[unit], "gbs": float(gbs)}
                     for name, size, unit, gbs in re.findall(r"read (\w+), (\d+) (KiB|MiB) +[\d.]+ us +([\d.]+) GB/s", text)]
    return facts


def _cpu_name():
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "unknown processor"
