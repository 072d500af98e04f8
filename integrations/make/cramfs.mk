# cramfs images in a Makefile (GNU Make): built anew when a file of the tree changes, and audited.
#
#   CRAMFS_PHYS := 0x08040000
#   CRAMFS_PARTITION_SIZE := 8M
#   include cramfs.mk
#   $(eval $(call cramfs-image,build/fw.cramfs,rootfs))
#   all: build/fw.cramfs.audit
#
# Two files belong to each image: IMAGE.d, its dependencies, and IMAGE.audit, the report of an audit that passed.

# The tool: "cramfs" on the PATH, or "node path/cramfs.cjs".
CRAMFS ?= cramfs
# Physical address of the image.
CRAMFS_PHYS ?=
# Target: mmu or nommu.
CRAMFS_XIP ?= mmu
# Size of the partition: the audit fails a larger image.
CRAMFS_PARTITION_SIZE ?=
# Maximum size of the image: programs are placed as far as it goes.
CRAMFS_BUDGET ?= $(CRAMFS_PARTITION_SIZE)
# Release of Linux on the target, or a kernel model.
CRAMFS_KERNEL ?=
# What the audit requires.
CRAMFS_POLICY ?= $(cramfs.folder)policy.yaml
# More options; -q makes root the owner of everything.
CRAMFS_MKFS_OPTIONS ?= -q
CRAMFS_AUDIT_OPTIONS ?=

cramfs.folder := $(dir $(lastword $(MAKEFILE_LIST)))
# $(call cramfs.option,--name,VALUE): nothing without a value.
cramfs.option = $(if $(strip $(2)),$(1) $(2))

# $(eval $(call cramfs-image,IMAGE,SOURCE)): rules for IMAGE and IMAGE.audit. SOURCE is a directory, an archive or an image.
define cramfs-image
$(1): $(if $(wildcard $(2)/.),,$(2))
	@mkdir -p $$(@D)
	$$(CRAMFS) mkfs $(2) $$@ --depfile $$@.d --xip $$(CRAMFS_XIP) --phys $$(or $$(CRAMFS_PHYS),$$(error CRAMFS_PHYS is not set)) \
	  $$(call cramfs.option,--flash-budget,$$(CRAMFS_BUDGET)) $$(CRAMFS_MKFS_OPTIONS)

$(1).audit: $(1) $$(CRAMFS_POLICY)
	$$(CRAMFS) audit $(1) --phys $$(CRAMFS_PHYS) $$(call cramfs.option,--region,$$(CRAMFS_PARTITION_SIZE)) \
	  $$(call cramfs.option,--kernel,$$(CRAMFS_KERNEL)$$(if $$(CRAMFS_KERNEL),,$$(filter nommu,$$(CRAMFS_XIP)))) \
	  $$(call cramfs.option,--policy,$$(CRAMFS_POLICY)) $$(CRAMFS_AUDIT_OPTIONS) > $$@.tmp || { status=$$$$?; cat $$@.tmp; rm -f $$@.tmp; exit $$$$status; }
	@mv $$@.tmp $$@ && cat $$@

-include $(1).d
endef
