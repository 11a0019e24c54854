#!/usr/bin/env bash
# Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
#
# How far can ./run-bench.sh ab be trusted on this machine? Measures the commit against itself with all benchmarks of the
# quick profile, where every verdict of faster or slower is false, and against copies with slowdowns planted in the pin
# path of fs-held, again and again, and counts the verdicts.
#
#   benchmarks/power.sh [RUNS [STEPS...]]      default: 20 runs each of 0, 2 and 8 planted steps, about two and a half hours
#
# Everything it measures goes to target/power. If it is stopped, it goes on there as long as the commit is the same.
# The whole profile is measured with 4 forks a side, the least that can give a verdict; PinPage, in the planted ones, with 10.
set -euo pipefail

runs="${1:-20}"
plants=("${@:2}")
((${#plants[@]} > 0)) || plants=(0 2 8)
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
head="$(git -C "$home" rev-parse HEAD)"
[[ "$(cat "$out/head" 2> /dev/null)" == "$head" ]] || rm -rf "$out"
mkdir -p "$out"
echo "$head" > "$out/head"
git -C "$home" worktree prune
declare -A commit
for steps in "${plants[@]}"; do
  if ((steps == 0)); then commit[$steps]=HEAD; else commit[$steps]="$(plant "$steps")"; fi
done

# Prints the comparisons stored below a folder.
stored() {
  find "$1" -path '*-ab/comparison.csv' 2> /dev/null
}

timing=(-wi 3 -i 3)
for ((run = 1; run <= runs; run++)); do
  for steps in "${plants[@]}"; do
    own="$out/$steps/$run" # each for itself, since ab takes its least effect from earlier runs of a commit against itself
    [[ -z "$(stored "$own")" ]] || continue
    if ((steps == 0)); then
      selection=(--forks 4 -- "${timing[@]}")
    else
      selection=(--filter PinPage --design fs-held --counter cas -- -p foll=PIN "${timing[@]}")
    fi
    "$home/run-bench.sh" ab HEAD "${commit[$steps]}" --out "$own" "${selection[@]}" > "$out/log" 2>&1 \
      || (($? == 1)) || fail "See $out/log."
    echo "run $run of $runs, $steps steps: $(grep ' incomparable of ' "$out/log")"
  done
done

# CSV as ab writes it: the 9th column is the ratio, the 18th the verdict.
printf '\n%-6s %13s %8s %7s %7s %6s %13s\n' steps comparisons effect slower faster same inconclusive
for steps in "${plants[@]}"; do
  stored "$out/$steps" | xargs cat | tr -d '"\r' | sed 's/{[^}]*}/params/' | awk -F, -v steps="$steps" '
    /^org/ { n++; logs += log($9); seen[$18]++ }
    END { printf "%-6d %13d %+7.1f%% %7d %7d %6d %13d\n", steps, n, (exp(logs / n) - 1) * 100, seen["slower"],
      seen["faster"], seen["same"], seen["inconclusive"] }'
done
