// SPDX-License-Identifier: MIT
#include "lab.h"

/* CRC-32 of IEEE 802.3, as in zlib: reflected, polynomial 0x04c11db7. */
uint32_t crc32(const unsigned char *bytes, size_t length)
{
	static uint32_t table[256];
	uint32_t crc = 0xffffffff;

	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t entry = i;

			for (int bit = 0; bit < 8; bit++)
				entry = entry & 1 ? entry >> 1 ^ 0xedb88320 : entry >> 1;
			table[i] = entry;
		}
	}
	for (size_t i = 0; i < length; i++)
		crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
	return ~crc;
}
