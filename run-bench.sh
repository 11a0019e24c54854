#!/usr/bin/env bash
# Copyright 2026 the daxref authors. Licensed under the Apache License, Version 2.0; see LICENSE.
#
# Finds a JDK 25, builds what is missing or older than its sources, and hands over to Java. See ./run-bench.sh --help.
set -euo pipefail

fail() {
  echo "$1" >&2
  exit 2
}

is_jdk_25() {
  [[ -x "$1/bin/java" && -f "$1/release" ]] && grep -q '^JAVA_VERSION="25[".+]' "$1/release"
}

find_jdk() {
  local candidate variable
  local candidates=("${JAVA_HOME:-}")
  for variable in $(compgen -e | grep -E '^JAVA.*_HOME$' || true); do
    candidates+=("${!variable}")
  done
  if command -v java > /dev/null; then
    candidates+=("$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")")
  fi
  candidates+=(/usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*
    /Library/Java/JavaVirtualMachines/*/Contents/Home)
  for candidate in "${candidates[@]}"; do
    if [[ -n "$candidate" ]] && is_jdk_25 "$candidate"; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

home="$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)"
jar="$home/benchmarks/target/daxref-benchmarks.jar"

jdk="$(find_jdk)" || fail "No JDK 25 was found: install one, or point JAVA_HOME at it."

if [[ ! -f "$jar" || -n "$(find "$home"/pom.xml "$home"/{core,benchmarks}/{pom.xml,src/main} -newer "$jar" -print -quit)" ]]
then
  command -v mvn > /dev/null || fail "Maven was not found, and it is needed to build: install Maven 3.8 or later."
  echo "Building ..." >&2
  (cd "$home" && mvn -q -B -DskipTests package) >&2 \
    || fail "The build failed; its messages stand above, and mvn -DskipTests package in $home shows them again."
fi

exec "$jdk/bin/java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
  --add-exports=java.base/jdk.internal.misc=ALL-UNNAMED -Ddaxref.home="$home" -jar "$jar" "$@"
