#!/bin/sh
# Post-image script: audits rootfs.cramfs-xip, and fails the build with it.
#
#   BR2_ROOTFS_POST_IMAGE_SCRIPT="$(BR2_EXTERNAL_CRAMFS_MAP_PATH)/scripts/audit.sh"
#
# Buildroot runs it with the folder of the images as first argument, and BR2_CONFIG and HOST_DIR in the environment. It writes
# cramfs-audit.ndjson and cramfs-audit.xml (JUnit) beside the image, and the report to standard output.
set -eu

images=${1:?"usage: audit.sh BINARIES_DIR (Buildroot runs it)"}
config=${BR2_CONFIG:?"BR2_CONFIG is not set: Buildroot sets it for post-image scripts"}
cramfs=${HOST_DIR:?"HOST_DIR is not set: Buildroot sets it for post-image scripts"}/bin/cramfs

# The value of an option, without quotes; nothing if it is not set.
value() {
  sed -n "s/^$1=//p" "$config" | sed -e 's/^"\(.*\)"$/\1/' -e 's/\\\(.\)/\1/g'
}

ours() {
  value "BR2_TARGET_ROOTFS_CRAMFS_MAP_$1"
}

# The CPU as cramfs audit names it; nothing for those that it does not emulate, which are taken from the programs then.
cpu() {
  case $(value BR2_ARCH) in
    x86_64) echo x86-64 ;;
    i?86) echo i386 ;;
    aarch64*) echo arm64 ;;
    arm*) if [ "$1" = y ]; then echo arm; else echo arm-m; fi ;;
    riscv32) echo riscv32 ;;
    riscv64) echo riscv64 ;;
    riscv) if [ "$(value BR2_ARCH_IS_64)" = y ]; then echo riscv64; else echo riscv32; fi ;;
    mips | mipsel) echo mips ;;
    xtensa*) echo xtensa ;;
  esac
}

# The kernel model for a release: without an MMU there are two.
kernel() {
  if [ "$1" = y ]; then
    case $2 in
      [0-9]*.[0-9]* | linux* | patch*) echo "$2" ;;
      "") ;;
      *) echo "cramfs audit: kernel \"$2\" is not a release: emulating the newest" >&2 ;;
    esac
  else
    case $2 in
      nommu*) echo "$2" ;;
      [0-5].* | 6.[0-9] | 6.[0-9].* | 6.10* | 6.11*) echo nommu ;;
      *) echo nommu-6.12 ;;
    esac
  fi
}

mmu=$(value BR2_USE_MMU)
endian=little
if [ "$(value BR2_ENDIAN)" = BIG ]; then endian=big; fi

set -- "--phys=$(ours PHYS)" "--endian=$endian"
add() {
  if [ -n "$2" ]; then options="$options $1=$2"; fi
}
# Values of these options have no spaces.
options=""
add --cpu "$(cpu "$mmu")"
add --kernel "$(kernel "$mmu" "$(ours KERNEL)")"
add --region "$(ours PARTITION_SIZE)"
for size in 16K 64K; do
  if [ "$(value "BR2_ARM64_PAGE_SIZE_$size")" = y ]; then add --page-size "$size"; fi
done
# The values of these two may have variables of make in them: fs/cramfs-map/cramfs-map.mk exports what they come to.
policy=${CRAMFS_MAP_POLICY-$(ours POLICY)}
extra=${CRAMFS_MAP_AUDIT_OPTS-$(ours AUDIT_OPTS)}
if [ -n "$policy" ]; then set -- "$@" "--policy=$policy"; fi

status=0
# shellcheck disable=SC2086 # split on purpose
"$cramfs" audit "$images/rootfs.cramfs-xip" "$@" $options $extra \
  --format ndjson --output "$images/cramfs-audit.ndjson" || status=$?
case $status in
  0 | 1 | 3)
    "$cramfs" audit --merge "$images/cramfs-audit.ndjson" --exit-zero --format junit --output "$images/cramfs-audit.xml" || true
    "$cramfs" audit --merge "$images/cramfs-audit.ndjson" --exit-zero || true
    ;;
esac
exit "$status"
