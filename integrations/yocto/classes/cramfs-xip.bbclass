# Image type "cramfs-xip": programs are stored so that Linux executes them in place, and an audit fails the build if one is not.
#
#   IMAGE_CLASSES += "cramfs-xip"
#   IMAGE_FSTYPES += "cramfs-xip"
#   CRAMFS_XIP_PHYS = "0x08040000"
#   CRAMFS_XIP_PARTITION_SIZE = "8M"

IMAGE_TYPES += "cramfs-xip"

# Physical address of the image.
CRAMFS_XIP_PHYS ??= ""
# mmu or nommu.
CRAMFS_XIP_TARGET ??= "mmu"
# Size of the partition: the audit fails a larger image.
CRAMFS_XIP_PARTITION_SIZE ??= ""
# Maximum size of the image: programs are placed as far as it goes.
CRAMFS_XIP_BUDGET ??= "${CRAMFS_XIP_PARTITION_SIZE}"
# Release of Linux on the target, or a kernel model; the newest if it is empty.
CRAMFS_XIP_KERNEL ??= "${@'nommu' if d.getVar('CRAMFS_XIP_TARGET') == 'nommu' else ''}"
# What the audit requires.
CRAMFS_XIP_POLICY ??= "${CRAMFS_MAP_LAYERDIR}/policy.yaml"
# More options of "cramfs mkfs" and "cramfs audit".
CRAMFS_XIP_MKFS_OPTIONS ??= ""
CRAMFS_XIP_AUDIT_OPTIONS ??= ""

CRAMFS_XIP_ENDIAN ??= "${@bb.utils.contains('TUNE_FEATURES', 'bigendian', 'big', 'little', d)}"
# The CPU as "cramfs audit" names it; empty for those that it does not emulate.
CRAMFS_XIP_CPU ??= "${@cramfs_xip_cpu(d)}"

def cramfs_xip_cpu(d):
    arch = d.getVar('TARGET_ARCH')
    if d.getVar('CRAMFS_XIP_TARGET') == 'nommu' and arch in ('arm', 'armeb'):
        return 'arm-m'
    return {
        'x86_64': 'x86-64',
        'i486': 'i386', 'i586': 'i386', 'i686': 'i386',
        'aarch64': 'arm64', 'aarch64_be': 'arm64',
        'arm': 'arm', 'armeb': 'arm',
        'riscv32': 'riscv32', 'riscv64': 'riscv64',
        'mips': 'mips', 'mipsel': 'mips',
        'xtensa': 'xtensa', 'xtensaeb': 'xtensa',
    }.get(arch, '')

do_image_cramfs_xip[depends] += "cramfs-map-native:do_populate_sysroot"
do_image_cramfs_xip[depends] += "${@'%s:do_populate_sysroot' % d.getVar('CRAMFS_MAP_NODE') if d.getVar('CRAMFS_MAP_NODE') else ''}"
do_image_cramfs_xip[file-checksums] += "${CRAMFS_XIP_POLICY}:True"

IMAGE_CMD:cramfs-xip () {
    image=${IMGDEPLOYDIR}/${IMAGE_NAME}.cramfs-xip
    if [ -z "${CRAMFS_XIP_PHYS}" ]; then
        bbfatal "CRAMFS_XIP_PHYS is not set: give the physical address of the image"
    fi
    set -- --xip ${CRAMFS_XIP_TARGET} --phys ${CRAMFS_XIP_PHYS} --endian ${CRAMFS_XIP_ENDIAN}
    if [ -n "${CRAMFS_XIP_BUDGET}" ]; then set -- "$@" --flash-budget ${CRAMFS_XIP_BUDGET}; fi
    cramfs mkfs ${IMAGE_ROOTFS} $image "$@" ${CRAMFS_XIP_MKFS_OPTIONS}

    set -- --phys ${CRAMFS_XIP_PHYS} --endian ${CRAMFS_XIP_ENDIAN} --policy ${CRAMFS_XIP_POLICY}
    if [ -n "${CRAMFS_XIP_CPU}" ]; then set -- "$@" --cpu ${CRAMFS_XIP_CPU}; fi
    if [ -n "${CRAMFS_XIP_KERNEL}" ]; then set -- "$@" --kernel ${CRAMFS_XIP_KERNEL}; fi
    if [ -n "${CRAMFS_XIP_PARTITION_SIZE}" ]; then set -- "$@" --region ${CRAMFS_XIP_PARTITION_SIZE}; fi
    status=0
    cramfs audit $image "$@" ${CRAMFS_XIP_AUDIT_OPTIONS} --format ndjson --output $image.audit.ndjson || status=$?
    if [ $status -eq 0 ] || [ $status -eq 1 ]; then
        cramfs audit --merge $image.audit.ndjson --exit-zero --format junit --output $image.audit.xml
        cramfs audit --merge $image.audit.ndjson --exit-zero
    fi
    if [ $status -ne 0 ]; then
        bbfatal "the audit of $image failed (exit code $status)"
    fi
}
