include $(BR2_EXTERNAL_CRAMFS_MAP_PATH)/package/cramfs-map/cramfs-map.mk
include $(BR2_EXTERNAL_CRAMFS_MAP_PATH)/fs/cramfs-map/cramfs-map.mk
