#!/bin/sh
# Audits a list of images in shards and merges them into one report.
#
#   fleet.sh shard I/N LIST FILE [OPTION...]       audit shard I of N into FILE (NDJSON)
#   fleet.sh merge OUTPUT FORMAT FILE...           write one report of all shards; its exit code is the gate
#   fleet.sh parallel N LIST FOLDER [OPTION...]    all shards at once with GNU parallel, then merge into FOLDER/fleet.*
#
# LIST has the path of an image on each line. Give all shards the same list and the same options of "cramfs audit".
# The tool is $CRAMFS, "cramfs" if it is not set.
set -eu

usage() {
  sed -n 's/^#   fleet.sh/usage: fleet.sh/p' "$0" >&2
  exit 2
}

cramfs() {
  # shellcheck disable=SC2086 # it may be "node cramfs.cjs"
  ${CRAMFS:-command cramfs} "$@"
}

# An audit that finds something has done its work: findings count when all shards are merged, and so do unreadable images.
shard() {
  shard=$1
  list=$2
  output=$3
  shift 3
  set -- audit "$@" --jobs "${JOBS:-1}" --shard "$shard" --format ndjson --output "$output" --exit-zero --
  while IFS= read -r image || [ -n "$image" ]; do
    if [ -n "$image" ]; then set -- "$@" "$image"; fi
  done <"$list"
  status=0
  cramfs "$@" || status=$?
  if [ "$status" -ne 0 ] && [ "$status" -ne 3 ]; then exit "$status"; fi
  test -e "$output"
}

merge() {
  output=$1
  format=$2
  shift 2
  cramfs audit --merge --format "$format" --output "$output" "$@"
}

[ $# -ge 4 ] || usage
action=$1
shift
case $action in
  shard) shard "$@" ;;
  merge) merge "$@" ;;
  parallel)
    shards=$1
    list=$2
    folder=$3
    shift 3
    mkdir -p "$folder"
    rm -f "$folder"/shard-*.ndjson
    seq "$shards" | parallel --will-cite --halt now,fail=1 --jobs "$shards" --quote \
      sh "$0" shard "{}/$shards" "$list" "$folder/shard-{}.ndjson" "$@"
    status=0
    merge "$folder/fleet.json" json "$folder"/shard-*.ndjson || status=$?
    merge "$folder/fleet.txt" text "$folder"/shard-*.ndjson || true
    exit "$status"
    ;;
  *) usage ;;
esac
