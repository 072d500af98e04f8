/* SPDX-License-Identifier: MIT */
#ifndef LAB_PTE_H
#define LAB_PTE_H

/*
 * What /proc/cramfs_lab_pte says of one page of the process that reads it. As in /proc/self/pagemap, the entry of
 * virtual page N stands at byte N * sizeof(struct lab_pte).
 */
struct lab_pte {
	unsigned long long pfn; /* 0 unless the page is present */
	unsigned int present; /* a PROT_NONE page that keeps its frame is present */
	unsigned int special; /* no struct page belongs to it: a frame that a driver inserted */
};

#endif
