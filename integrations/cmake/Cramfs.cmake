# cramfs images in CMake (3.20 or later; Ninja and Makefile generators):
#
#   include(Cramfs)
#   cramfs_image(firmware
#     SOURCE ${CMAKE_SOURCE_DIR}/rootfs
#     OUTPUT ${CMAKE_BINARY_DIR}/fw.cramfs
#     PHYS 0x08040000
#     PARTITION_SIZE 8M)
#
# The target "firmware" builds the image, anew when a file of its source changes, and fails if an audit does. The report is
# OUTPUT.audit. The variable CRAMFS_COMMAND is the tool: a list, such as node;/path/cramfs.cjs.

cmake_minimum_required(VERSION 3.20)

if(NOT CRAMFS_COMMAND)
  find_program(CRAMFS_EXECUTABLE NAMES cramfs cramfs.cjs REQUIRED)
  set(CRAMFS_COMMAND ${CRAMFS_EXECUTABLE})
endif()
set(CRAMFS_MODULE_DIR ${CMAKE_CURRENT_LIST_DIR})

# cramfs_image(TARGET
#   SOURCE path            directory, archive or image
#   OUTPUT path            the image
#   PHYS address           physical address of the image
#   [XIP mmu|nommu]        the CPU (default: mmu)
#   [PARTITION_SIZE size]  a larger image fails the audit
#   [BUDGET size]          maximum size of the image (default: PARTITION_SIZE)
#   [KERNEL release]       Linux on the target, or a kernel model (default: the newest)
#   [POLICY file]          what the audit requires (default: policy.yaml beside this file)
#   [DEPENDS target...]    what writes the source
#   [MKFS_OPTIONS option...] [AUDIT_OPTIONS option...])
function(cramfs_image target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE;OUTPUT;PHYS;XIP;PARTITION_SIZE;BUDGET;KERNEL;POLICY"
    "DEPENDS;MKFS_OPTIONS;AUDIT_OPTIONS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "cramfs_image: unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  foreach(name SOURCE OUTPUT PHYS)
    if(NOT arg_${name})
      message(FATAL_ERROR "cramfs_image: ${name} is missing")
    endif()
  endforeach()
  if(NOT arg_XIP)
    set(arg_XIP mmu)
  endif()
  if(NOT arg_KERNEL AND arg_XIP STREQUAL "nommu")
    set(arg_KERNEL nommu)
  endif()
  if(NOT arg_BUDGET)
    set(arg_BUDGET ${arg_PARTITION_SIZE})
  endif()
  if(NOT arg_POLICY)
    set(arg_POLICY ${CRAMFS_MODULE_DIR}/policy.yaml)
  endif()

  set(mkfs --xip ${arg_XIP} --phys ${arg_PHYS})
  set(audit --phys ${arg_PHYS} --policy ${arg_POLICY})
  if(arg_BUDGET)
    list(APPEND mkfs --flash-budget ${arg_BUDGET})
  endif()
  if(arg_PARTITION_SIZE)
    list(APPEND audit --region ${arg_PARTITION_SIZE})
  endif()
  if(arg_KERNEL)
    list(APPEND audit --kernel ${arg_KERNEL})
  endif()

  add_custom_command(
    OUTPUT ${arg_OUTPUT}
    COMMAND ${CRAMFS_COMMAND} mkfs ${arg_SOURCE} ${arg_OUTPUT} --depfile ${arg_OUTPUT}.d ${mkfs} ${arg_MKFS_OPTIONS}
    DEPENDS ${arg_DEPENDS}
    DEPFILE ${arg_OUTPUT}.d
    COMMENT "Building ${arg_OUTPUT}"
    VERBATIM)
  # The report is written first and shown as well, so a failed audit leaves it under another name.
  add_custom_command(
    OUTPUT ${arg_OUTPUT}.audit
    COMMAND ${CRAMFS_COMMAND} audit ${arg_OUTPUT} ${audit} ${arg_AUDIT_OPTIONS} --format ndjson --output ${arg_OUTPUT}.ndjson --exit-zero
    COMMAND ${CRAMFS_COMMAND} audit --merge ${arg_OUTPUT}.ndjson
    COMMAND ${CRAMFS_COMMAND} audit --merge ${arg_OUTPUT}.ndjson --output ${arg_OUTPUT}.audit
    DEPENDS ${arg_OUTPUT} ${arg_POLICY}
    COMMENT "Auditing ${arg_OUTPUT}"
    VERBATIM)
  add_custom_target(${target} ALL DEPENDS ${arg_OUTPUT}.audit)
endfunction()
