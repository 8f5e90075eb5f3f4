#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make.py SOURCE COMMIT: writes the trees of this folder anew from a copy of pytorch/cpuinfo (BSD-2-Clause) at SOURCE.

Its test/mock/*.h hold what the files of phones held, recorded there. Of these, trees have the files that src/device reads
and of /proc/cpuinfo the lines that it reads. The tests need the trees alone, not this program.

To add a phone: a row in PHONES and a test case in trees_test.cc.
"""
import re
import sys
from pathlib import Path

# Tree, header, whether a 64-bit process recorded it, what the phone is.
PHONES = [
    ("alcatel_revvl", "alcatel-revvl", 64, """\
Alcatel Revvl, MT6738: 4 Cortex-A53 in use, and numbers of cores that the machine does not have. The kernel took cores off
line while it was recorded: core 4 alone kept its frequencies."""),
    ("galaxy_a8_2018", "galaxy-a8-2018", 64, """\
Samsung Galaxy A8 (2018), Exynos 7885: 6 Cortex-A53 and 2 Cortex-A73."""),
    ("galaxy_c9_pro", "galaxy-c9-pro", 64, """\
Samsung Galaxy C9 Pro, Snapdragon 653 (MSM8976 Pro): 4 Cortex-A53 and 4 Cortex-A72, of which the kernel took one off line
while it was recorded. /proc/cpuinfo says the kind of the last core only."""),
    ("galaxy_s5_global", "galaxy-s5-global", 32, """\
Samsung Galaxy S5 of most countries, Exynos 5422, 32 bits: 4 Cortex-A7 and 4 Cortex-A15."""),
    ("galaxy_s8_global", "galaxy-s8-global", 64, """\
Samsung Galaxy S8 of most countries, Exynos 8895: 4 Cortex-A53 and 4 Exynos M2, which have the number of the M1."""),
    ("galaxy_s9_exynos9810", "galaxy-s9-global", 64, """\
Samsung Galaxy S9 of most countries, Exynos 9810. The kernel publishes neither caches nor a name, and held the big cores
at 1794 MHz (scaling_max_freq) while it was recorded."""),
    ("galaxy_s9_sdm845", "galaxy-s9-us", 64, """\
Samsung Galaxy S9 of the USA, Snapdragon 845 (SDM845)."""),
    ("huawei_mate_20", "huawei-mate-20", 64, """\
Huawei Mate 20, Kirin 980: three clusters. The fast cores carry the maker's own implementer number, 0x48."""),
    ("meizu_pro_6", "meizu-pro-6", 64, """\
Meizu Pro 6, Helio X25 (MT6797T): ten cores in three clusters, 4 Cortex-A53 (0-3), 4 faster ones (4-7), 2 Cortex-A72 (8-9).
The kernel took cores off line and put them back while it was recorded, so the files are of different moments:
/proc/cpuinfo has cores 4 to 6, the list of those on line 4 and 8; core 5 has lost its frequencies, core 8 its highest one."""),
    ("meizu_pro_7_plus", "meizu-pro-7-plus", 64, """\
Meizu Pro 7 Plus, Helio X30 (MT6799): ten cores of three kinds, 4 Cortex-A35, 4 Cortex-A53, 2 Cortex-A73, of which the
kernel had taken four off line."""),
    ("moto_g5", "moto-g-gen5", 32, """\
Motorola Moto G5, Snapdragon 430 (MSM8937), 32-bit system: 8 Cortex-A53 at two speeds, the fast ones first."""),
    ("nexus_5x", "nexus5x", 64, """\
LG Nexus 5X, Snapdragon 808 (MSM8992): 4 Cortex-A53 and 2 Cortex-A57, which were off line but still in /proc/cpuinfo."""),
    ("nexus_9", "nexus9", 64, """\
HTC Nexus 9, Tegra K1 (T132): 2 Denver cores."""),
    ("oneplus_3t", "oneplus-3t", 64, """\
OnePlus 3T, Snapdragon 821 (MSM8996 Pro): 2 and 2 Kryo cores, nearly equally fast."""),
    ("oppo_r15", "oppo-r15", 64, """\
Oppo R15, Helio P60 (MT6771): 4 Cortex-A53 and 4 Cortex-A73 of one frequency."""),
    ("pixel_8", "pixel-8", 64, """\
Google Pixel 8, Tensor G3: nine cores, 4 Cortex-A510, 4 Cortex-A715, 1 Cortex-X3."""),
    ("pixel_xl", "pixel-xl", 64, """\
Google Pixel XL, Snapdragon 821 (MSM8996 Pro): 2 and 2 Kryo cores at two speeds."""),
    ("zenfone_2e", "zenfone-2e", 32, """\
Asus ZenFone 2E, Intel Atom Z2560: two cores with two hardware threads each."""),
]

CPUS = "/sys/devices/system/cpu/"
CPUINFO_KEYS = ("Processor", "processor", "model name", "CPU implementer", "CPU variant", "CPU part", "Hardware", "")
CORE_FILES = ["cpufreq/cpuinfo_max_freq", "cpufreq/related_cpus", "cpufreq/stats/time_in_state", "cpu_capacity", "regs/identification/midr_el1",
              "topology/thread_siblings_list"] + [f"cache/index{i}/{file}" for i in range(16) for file in ("level", "type", "size", "shared_cpu_list")]
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


def lines_of_bits(text, bits):
    """The header without what is for processes of other bits."""
    taken = [True]
    for line in text.splitlines():
        if match := re.match(r"#\s*(if|elif|else|endif)\b(.*)", line):
            holds = "CPUINFO_ARCH_ARM64" not in match[2] if bits == 32 else bool(re.search(r"CPUINFO_ARCH_(ARM64|X86_64)", match[2]))
            if match[1] == "if":
                taken.append(holds or "CPUINFO" not in match[2])
            elif match[1] == "endif":
                taken.pop()
            else:
                taken[-1] = not taken[-1]
        elif all(taken):
            yield line


def files_of(header, bits):
    text = "\n".join(lines_of_bits(header.read_text(encoding="utf-8"), bits))
    entry = re.compile(r'\.path\s*=\s*"([^"]*)",\s*\.size\s*=\s*\d+,\s*\.content\s*=((?:\s*"(?:[^"\\]|\\.)*")+)')
    files = {}
    for path, literals in entry.findall(text):
        content = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals))
        files[path] = re.sub(r"\\(.)", lambda escape: ESCAPES.get(escape[1], escape[1]), content).rstrip("\n")
    return files


def core_list(numbers):
    """[0, 1, 2, 5] -> 0-2,5"""
    parts = []
    for number in sorted(numbers):
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts)


def entries_of(files):
    for line in files["/proc/cpuinfo"].splitlines():
        if line.split(":")[0].strip() in CPUINFO_KEYS:
            yield f"/proc/cpuinfo: {line}".rstrip()
    for name in ("possible", "present", "online"):
        if CPUS + name in files:
            yield f"{CPUS}{name}: {files[CPUS + name]}"
    cores = sorted({int(match[1]) for path in files if (match := re.match(rf"{CPUS}cpu(\d+)/", path))})
    alike = {}  # (file, content) -> cores; "{}" is the core's own number
    for core in cores:
        for file in CORE_FILES:
            content = files.get(f"{CPUS}cpu{core}/{file}")
            # Times at frequencies are read where the highest is not told.
            if content is None or (file.endswith("time_in_state") and f"{CPUS}cpu{core}/cpufreq/cpuinfo_max_freq" in files):
                continue
            alike.setdefault((file, "{}" if content == f"{core}" and file.endswith("list") else content), []).append(core)
    for (file, content), users in sorted(alike.items(), key=lambda item: (item[1][0], CORE_FILES.index(item[0][0]))):
        number = core_list(users) if len(users) == 1 else "{" + core_list(users) + "}"
        if content == "{}" and len(users) == 1:
            content = number
        yield from (f"{CPUS}cpu{number}/{file}: {line}".rstrip() for line in content.splitlines() or [""])


def main(source, commit):
    for tree, header, bits, text in PHONES:
        notes = ["SPDX-License-Identifier: Apache-2.0", *text.splitlines(),
                 f"Recorded on the phone by the project pytorch/cpuinfo (BSD-2-Clause): values of test/mock/{header}.h",
                 f"at commit {commit}: of the paths and lines that are read here.",
                 "/proc/meminfo and /proc/self/status were not recorded."]
        entries = entries_of(files_of(Path(source) / "test" / "mock" / f"{header}.h", bits))
        path = Path(__file__).parent / f"{tree}.tree"
        path.write_text("".join(f"# {note}\n" for note in notes) + "\n" + "".join(f"{entry}\n" for entry in entries), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
