/** The policy that `cramfs policy init` writes: every key, explained; what is a matter of the project is commented out. */
export const STARTING_POLICY = `# yaml-language-server: $schema=https://unpkg.com/cramfs-map/schemas/policy.schema.json
#
# A policy for "cramfs audit --policy". "cramfs policy check" shows what is wrong with it.
# Sizes and addresses: 4096, 0x1000, 4K, 1M. Globs: * any characters but "/", ** any
# directories, ? one character, [a-z], {a,b}; a leading "!" takes paths away.
version: 1

# The machine. Command-line options override this.
# kernel: linux-6.18     # "cramfs-map --list-kernels" lists the models
# phys: 0x10000000       # physical address of the image; 0 for none
# page-size: 4K          # default: detected from the image
# region-size: 4M        # the partition; an image that is larger is a finding
# cpu: arm               # cramfs-map --list-cpus lists them
# endian: little         # or big
# library-path: /opt/lib # LD_LIBRARY_PATH of the programs; not set by default

# How bad findings are: off, note, warning or error, by id or glob of ids. The last setting
# that fits a finding counts. "cramfs explain" lists the ids.
rules:
  xip/layout-break: error
  # Programs that do not have to run from flash may be compressed.
  xip/compressed:
    - off
    - severity: error
      paths: "/{bin,sbin}/**"
  # So much padding is the price of alignment.
  image/alignment-padding: { severity: warning, max-percent: 10 }
  # Less than a block is not worth a symbolic link.
  image/duplicate-data: { severity: warning, min-bytes: 4K }
  security/setuid: { severity: error, allow: ["/bin/su", "/usr/bin/sudo"] }
  security/device-node: { severity: warning, allow: "/dev/**" }

# What must run from flash. Each glob must match a file that has such segments.
#   direct: least share of the segment's pages that are straight from flash, as it is loaded
#   state: what the kernel must make of the mapping, as it is loaded: pfnmap, or at least mixedmap
#   segments: text, rodata, read-only (both), all (writable ones, too), none (the whole file)
requires: []
# - paths: ["/bin/**", "!/bin/*.sh"]
#   direct: 100 %
#   segments: text

# Limits.
budgets:
  # flash: 4M            # bytes of the file system
  # padding: 128K        # bytes that only align what follows
  # ram: 2M              # for the files of all programs at once
  text: 90 %             # least share of program text that runs from flash

# Findings that are known and do not count. An exception that fits nothing is a finding, too.
exceptions: []
# - rule: xip/library-missing
#   paths: /usr/bin/debugger
#   reason: It runs on developers' machines only.
#   expires: 2027-06-30  # the last day on which it holds
`;
