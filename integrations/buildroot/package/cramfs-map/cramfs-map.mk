################################################################################
#
# host-cramfs-map: one file, to be run by Node.js
#
################################################################################

CRAMFS_MAP_LICENSE = MIT
HOST_CRAMFS_MAP_FILE = $(call qstrip,$(BR2_PACKAGE_HOST_CRAMFS_MAP_FILE))

ifeq ($(BR2_PACKAGE_HOST_CRAMFS_MAP_NODEJS),y)
HOST_CRAMFS_MAP_DEPENDENCIES = host-nodejs
endif

define HOST_CRAMFS_MAP_INSTALL_CMDS
	test -f $(HOST_CRAMFS_MAP_FILE) || { echo "host-cramfs-map: no file $(HOST_CRAMFS_MAP_FILE): set BR2_PACKAGE_HOST_CRAMFS_MAP_FILE" >&2; exit 1; }
	install -D -m 0755 $(HOST_CRAMFS_MAP_FILE) $(HOST_DIR)/share/cramfs-map/cramfs.cjs
	mkdir -p $(HOST_DIR)/bin
	ln -sf ../share/cramfs-map/cramfs.cjs $(HOST_DIR)/bin/cramfs
	ln -sf ../share/cramfs-map/cramfs.cjs $(HOST_DIR)/bin/cramfs-map
endef

$(eval $(host-generic-package))
