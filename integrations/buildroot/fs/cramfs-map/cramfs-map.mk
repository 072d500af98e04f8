################################################################################
#
# rootfs.cramfs-xip
#
# Buildroot's own cramfs has an option BR2_TARGET_ROOTFS_CRAMFS_XIP, so the
# options here are named after the tool, and only the image after its kind.
#
################################################################################

ROOTFS_CRAMFS_MAP_IMAGE_NAME = rootfs.cramfs-xip
ROOTFS_CRAMFS_MAP_DEPENDENCIES = host-cramfs-map

ROOTFS_CRAMFS_MAP_PHYS = $(call qstrip,$(BR2_TARGET_ROOTFS_CRAMFS_MAP_PHYS))
ROOTFS_CRAMFS_MAP_BUDGET = $(call qstrip,$(BR2_TARGET_ROOTFS_CRAMFS_MAP_BUDGET))
ROOTFS_CRAMFS_MAP_PAGE_SIZE = $(if $(BR2_ARM64_PAGE_SIZE_16K),16K)$(if $(BR2_ARM64_PAGE_SIZE_64K),64K)

ROOTFS_CRAMFS_MAP_OPTS = \
	--xip $(if $(filter y,$(BR2_USE_MMU)),mmu,nommu) \
	--phys $(ROOTFS_CRAMFS_MAP_PHYS) \
	$(if $(filter "BIG",$(BR2_ENDIAN)),-B,-L) \
	$(if $(ROOTFS_CRAMFS_MAP_PAGE_SIZE),--page-size $(ROOTFS_CRAMFS_MAP_PAGE_SIZE)) \
	$(if $(ROOTFS_CRAMFS_MAP_BUDGET),--flash-budget $(ROOTFS_CRAMFS_MAP_BUDGET)) \
	$(call qstrip,$(BR2_TARGET_ROOTFS_CRAMFS_MAP_MKFS_OPTS))

ifeq ($(BR2_TARGET_ROOTFS_CRAMFS_MAP)$(BR_BUILDING),yy)
ifeq ($(ROOTFS_CRAMFS_MAP_PHYS),)
$(error BR2_TARGET_ROOTFS_CRAMFS_MAP_PHYS is not set: give the physical address of the image)
endif
endif

# For scripts/audit.sh: with their variables expanded.
export CRAMFS_MAP_POLICY = $(call qstrip,$(BR2_TARGET_ROOTFS_CRAMFS_MAP_POLICY))
export CRAMFS_MAP_AUDIT_OPTS = $(call qstrip,$(BR2_TARGET_ROOTFS_CRAMFS_MAP_AUDIT_OPTS))

define ROOTFS_CRAMFS_MAP_CMD
	$(HOST_DIR)/bin/cramfs mkfs $(TARGET_DIR) $@ $(ROOTFS_CRAMFS_MAP_OPTS)
endef

$(eval $(rootfs))
