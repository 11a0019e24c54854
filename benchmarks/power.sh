#!/usr/bin/env bash
# Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
#
# How far can ./run-bench.sh ab be trusted on this machine? Measures the commit against itself, and against copies with
# slowdowns planted in the pin path of fs-held, again and again, and counts the verdicts. Where nothing was planted,
# every verdict of faster or slower is false.
#
#   benchmarks/power.sh [RUNS [STEPS...]]      default: 20 runs each of 0, 8 and 16 planted steps
#
# Everything it measures goes to target/power; it begins afresh every time.
set -euo pipefail

runs="${1:-20}"
plants=("${@:2}")
((${#plants[@]} > 0)) || plants=(0 8 16)
home="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)"
out="$home/target/power"
design=core/src/main/java/org/daxref/design/FsHeldDesign.java

fail() {
  echo "$1" >&2
  exit 2
}

# Commits the code with so many steps of an xorshift generator in every step of a walk, and prints the commit.
plant() {
  local tree="$out/tree"
  git -C "$home" worktree add --quiet --force --detach "$tree" HEAD
  sed -i -e "/boolean guard(final CpuSlot cpu, final long entry, final long pfn) {/a \\
        for (int step = 0; step < $1; step++) {\\
            Planted.value ^= Planted.value << 13;\\
            Planted.value ^= Planted.value >>> 7;\\
            Planted.value ^= Planted.value << 17;\\
        }" -e '$ s/}/\n    private static final class Planted {\n        private static long value = 1;\n    }\n}/' "$tree/$design"
  [[ "$(grep -c Planted "$tree/$design")" == 4 ]] || fail "$design has changed: there is no guard() to slow down."
  git -C "$tree" -c user.name=power -c user.email=power@localhost commit --quiet --all --message "Planted: $1 steps"
  git -C "$tree" rev-parse HEAD
  git -C "$home" worktree remove --force "$tree"
}

[[ -z "$(git -C "$home" status --porcelain -- . ':(exclude)results')" ]] || fail "Commit or stash your changes first."
rm -rf "$out"
mkdir -p "$out"
git -C "$home" worktree prune
declare -A commit
for steps in "${plants[@]}"; do
  if ((steps == 0)); then commit[$steps]=HEAD; else commit[$steps]="$(plant "$steps")"; fi
done

for ((run = 1; run <= runs; run++)); do
  for steps in "${plants[@]}"; do
    if ((steps == 0)); then designs=dev-pagemap,fs-held; else designs=fs-held; fi
    "$home/run-bench.sh" ab HEAD "${commit[$steps]}" --filter PinPage --design "$designs" --counter cas \
      --out "$out/$steps" -- -p foll=PIN -wi 3 -i 3 > "$out/log" || (($? == 1)) || fail "See $out/log."
    echo "run $run of $runs, $steps steps: $(grep ' incomparable of ' "$out/log")"
  done
done

# CSV as ab writes it: the 9th column is the ratio, the 18th the verdict.
printf '\n%-6s %13s %8s %7s %7s %6s %13s\n' steps comparisons effect slower faster same inconclusive
for steps in "${plants[@]}"; do
  cat "$out/$steps"/*/*-ab/comparison.csv | tr -d '"\r' | sed 's/{[^}]*}/params/' | awk -F, -v steps="$steps" '
    /^org/ { n++; logs += log($9); seen[$18]++ }
    END { printf "%-6d %13d %+7.1f%% %7d %7d %6d %13d\n", steps, n, (exp(logs / n) - 1) * 100, seen["slower"],
      seen["faster"], seen["same"], seen["inconclusive"] }'
done
