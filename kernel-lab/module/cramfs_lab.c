// SPDX-License-Identifier: MIT
/*
 * Memory regions as MTD devices, and a look at page table entries.
 *
 * Each region given by base= and size= becomes a "physmap-flash" device with the probe type "map_ram"; where the kernel
 * has no physmap, the same device is made here. The memory must have been kept from the kernel by memmap= or mem=. /proc/cramfs_lab_pte shows the page table entries of the process that reads
 * it: /proc/self/pagemap keeps silent about the frames of a VM_PFNMAP or VM_MIXEDMAP area.
 */
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mtd/map.h>
#include <linux/mtd/mtd.h>
#include <linux/mtd/physmap.h>
#include <linux/platform_device.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/uaccess.h>

#include "lab_pte.h"

#define MAX_REGIONS 64

static unsigned long long base[MAX_REGIONS];
static unsigned long long size[MAX_REGIONS];
static unsigned int bases;
static unsigned int sizes;
module_param_array(base, ullong, &bases, 0444);
MODULE_PARM_DESC(base, "physical addresses of the regions");
module_param_array(size, ullong, &sizes, 0444);
MODULE_PARM_DESC(size, "sizes of the regions in bytes");

static struct proc_dir_entry *pte_file;

/* Without a lock on the page table: only pages of an area that its own process holds still are of interest. */
static struct lab_pte look_up(struct mm_struct *mm, unsigned long address)
{
	struct lab_pte found = {};
	pgd_t *pgd = pgd_offset(mm, address);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *table, pte;

	if (pgd_none(*pgd) || unlikely(pgd_bad(*pgd)))
		return found;
	p4d = p4d_offset(pgd, address);
	if (p4d_none(*p4d) || unlikely(p4d_bad(*p4d)))
		return found;
	pud = pud_offset(p4d, address);
	if (pud_none(*pud) || unlikely(pud_bad(*pud)))
		return found;
	pmd = pmd_offset(pud, address);
	if (pmd_none(*pmd) || unlikely(pmd_bad(*pmd)))
		return found;
	/* pte_offset_map() is not for modules any more; a page table may lie in high memory. */
	table = kmap_local_page(pmd_page(*pmd));
	pte = READ_ONCE(table[pte_index(address)]);
	kunmap_local(table);
	if (!pte_present(pte))
		return found;
	found.present = 1;
	found.pfn = pte_pfn(pte);
#ifdef CONFIG_ARCH_HAS_PTE_SPECIAL
	found.special = pte_special(pte) ? 1 : 0;
#else
	/* ARM's short descriptors have no bit for it. */
	found.special = pfn_valid(found.pfn) ? 0 : 1;
#endif
	return found;
}

static ssize_t read_ptes(struct file *file, char __user *buffer, size_t count, loff_t *position)
{
	struct mm_struct *mm = current->mm;
	unsigned long long page = *position;
	size_t entries = count / sizeof(struct lab_pte);
	size_t done;

	if (do_div(page, sizeof(struct lab_pte)) || !entries)
		return -EINVAL;
	for (done = 0; done < entries; done++, page++) {
		struct lab_pte entry;

		if (page >= TASK_SIZE >> PAGE_SHIFT)
			break;
		mmap_read_lock(mm);
		entry = look_up(mm, (unsigned long)page << PAGE_SHIFT);
		mmap_read_unlock(mm);
		if (copy_to_user(buffer + done * sizeof(entry), &entry, sizeof(entry)))
			return -EFAULT;
	}
	*position += done * sizeof(struct lab_pte);
	return done * sizeof(struct lab_pte);
}

static const struct proc_ops pte_operations = {
	.proc_read = read_ptes,
	.proc_lseek = default_llseek,
};

#if IS_ENABLED(CONFIG_MTD_PHYSMAP)
static struct platform_device *devices[MAX_REGIONS];

static int register_region(unsigned int i)
{
	struct physmap_flash_data flash = { .width = 4, .probe_type = "map_ram" };
	struct resource region = DEFINE_RES_MEM(base[i], size[i]);
	struct platform_device *device;

	device = platform_device_register_resndata(NULL, "physmap-flash", i, &region, 1, &flash, sizeof(flash));
	if (IS_ERR(device))
		return PTR_ERR(device);
	devices[i] = device;
	return 0;
}

static void unregister_region(unsigned int i)
{
	platform_device_unregister(devices[i]);
}
#else
static struct map_info maps[MAX_REGIONS];
static struct mtd_info *devices[MAX_REGIONS];
static char names[MAX_REGIONS][24];

static int register_region(unsigned int i)
{
	struct map_info *map = &maps[i];

	snprintf(names[i], sizeof(names[i]), "physmap-flash.%u", i);
	map->name = names[i];
	map->phys = base[i];
	map->size = size[i];
	map->bankwidth = 4;
	map->virt = ioremap_wc(base[i], size[i]);
	if (!map->virt)
		return -ENOMEM;
	simple_map_init(map);
	devices[i] = do_map_probe("map_ram", map);
	if (!devices[i] || mtd_device_register(devices[i], NULL, 0)) {
		if (devices[i])
			map_destroy(devices[i]);
		devices[i] = NULL;
		iounmap(map->virt);
		return -ENXIO;
	}
	devices[i]->owner = THIS_MODULE;
	return 0;
}

static void unregister_region(unsigned int i)
{
	mtd_device_unregister(devices[i]);
	map_destroy(devices[i]);
	iounmap(maps[i].virt);
}
#endif

static void unregister_regions(void)
{
	unsigned int i;

	for (i = 0; i < bases && devices[i]; i++)
		unregister_region(i);
}

static int __init cramfs_lab_init(void)
{
	unsigned int i;
	int error;

	if (bases != sizes)
		return -EINVAL;
	for (i = 0; i < bases; i++) {
		error = register_region(i);
		if (error) {
			unregister_regions();
			return error;
		}
	}
	pte_file = proc_create("cramfs_lab_pte", 0400, NULL, &pte_operations);
	if (!pte_file) {
		unregister_regions();
		return -ENOMEM;
	}
	return 0;
}

static void __exit cramfs_lab_exit(void)
{
	proc_remove(pte_file);
	unregister_regions();
}

module_init(cramfs_lab_init);
module_exit(cramfs_lab_exit);

MODULE_DESCRIPTION("Memory regions as MTD devices, and a look at page table entries");
MODULE_LICENSE("Dual MIT/GPL");
