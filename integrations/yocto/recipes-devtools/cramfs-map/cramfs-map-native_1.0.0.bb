SUMMARY = "Build, check and audit cramfs images that execute in place"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/MIT;md5=0835ade698e0bcf8506ecda2f7b4f302"

inherit native

INHIBIT_DEFAULT_DEPS = "1"
DEPENDS = "${CRAMFS_MAP_NODE}"

do_fetch[noexec] = "1"
do_unpack[noexec] = "1"
do_patch[noexec] = "1"
do_configure[noexec] = "1"
do_compile[noexec] = "1"

# The recipe has no sources to fetch: it is one file, named in the configuration.
do_install[file-checksums] += "${CRAMFS_MAP_FILE}:True"

do_install() {
    install -d ${D}${bindir} ${D}${datadir}/cramfs-map
    install -m 0755 ${CRAMFS_MAP_FILE} ${D}${datadir}/cramfs-map/cramfs.cjs
    for name in cramfs cramfs-map; do
        ln -s ../share/cramfs-map/cramfs.cjs ${D}${bindir}/$name
    done
}
