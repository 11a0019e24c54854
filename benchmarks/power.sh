#!/usr/bin/env bash
# Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
#
# How far can ./run-bench.sh ab be trusted on this machine? Plants slowdowns in the pin path of fs-held, measures each
# against the commit as it is, again and again, and counts what was found. dev-pagemap, which is measured beside it, is
# never touched: a verdict about it is false. So is every verdict where nothing was planted.
#
#   benchmarks/power.sh [RUNS [STEPS...]]      default: 20 runs each of 0, 8 and 16 planted steps of arithmetic
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

# Commits the code with so many dependent multiplications in every step of a walk, and prints the commit.
plant() {
  local tree="$out/tree"
  git -C "$home" worktree add --quiet --force --detach "$tree" HEAD
  sed -i -e "/boolean guard(final CpuSlot cpu, final long entry, final long pfn) {/a \\
        for (int step = 0; step < $1; step++) {\\
            Planted.value = Planted.value * 6364136223846793005L + 1;\\
        }" -e '$ s/}/\n    private static final class Planted {\n        private static long value = 1;\n    }\n}/' "$tree/$design"
  [[ "$(git -C "$tree" diff --numstat | cut -f1)" == 7 ]] || fail "$design has changed: there is no guard() to slow down."
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
    "$home/run-bench.sh" ab HEAD "${commit[$steps]}" --filter PinPage --design dev-pagemap,fs-held --counter cas \
      --out "$out" -- -p foll=PIN -wi 3 -i 3 > "$out/$steps-$run.log" || (($? == 1)) || fail "See $out/$steps-$run.log."
    echo "run $run of $runs, $steps steps: $(grep ' incomparable of ' "$out/$steps-$run.log")"
  done
done

printf '\n%-7s %5s %9s %7s %7s %6s %13s %15s\n' steps runs 'effect' slower faster same inconclusive 'false verdicts'
for steps in "${plants[@]}"; do
  cat "$out/$steps"-*.log | awk -v steps="$steps" '
    function ratio(  i) { for (i = 1; i < NF; i++) if ($i == "ns/op") return $(i + 1) }
    /^PinPageBenchmark.* t=1 / {
      verdict = /slower$/ ? "slower" : /faster$/ ? "faster" : /inconclusive$/ ? "inconclusive" : "same"
      if (/design=fs-held/) { runs++; log_sum += log(ratio()); seen[verdict]++; wrong += steps == 0 && verdict ~ /er$/ }
      else wrong += verdict ~ /er$/
    }
    END { printf "%-7d %5d %8.1f%% %7d %7d %6d %13d %15d\n", steps, runs, (exp(log_sum / runs) - 1) * 100,
      seen["slower"], seen["faster"], seen["same"], seen["inconclusive"], wrong }'
done
