# SPDX-License-Identifier: MIT
# How our own code is compiled, how it is linked, and what is added for driver code.
#   pp_own      our flags; links
#   pp_checked  the same, instrumented by the sanitizers of the build: tests
#   pp_fast     the same, not instrumented where the driver alone needs to be: tools, benchmarks

find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_library(BOOST_CONTEXT_LIBRARY libboost_context.a REQUIRED)
find_program(CMAKE_OBJCOPY NAMES llvm-objcopy-19 llvm-objcopy objcopy REQUIRED)
find_program(PP_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer)

add_library(pp_own INTERFACE)
target_compile_options(pp_own INTERFACE
  -std=gnu11 -fshort-wchar -fms-extensions -fno-omit-frame-pointer -fno-optimize-sibling-calls
  -fno-strict-aliasing
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef
  -Wno-microsoft -Wno-gnu)
if(PROJECT_IS_TOP_LEVEL AND NOT PP_OSS_FUZZ)  # whose compiler is newer than any that was tried here
  target_compile_options(pp_own INTERFACE -Werror)
elseif(NOT CMAKE_BUILD_TYPE)
  target_compile_options(pp_own INTERFACE -O2 -g)  # slow programs are few programs
endif()
target_compile_definitions(pp_own INTERFACE _GNU_SOURCE)
target_include_directories(pp_own INTERFACE
  ${PP_INCLUDE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
target_include_directories(pp_own SYSTEM INTERFACE ${PP_WDK_DIR} ${XXHASH_INCLUDE})
target_link_libraries(pp_own INTERFACE ${BOOST_CONTEXT_LIBRARY})

set(PP_DRIVER_SANITIZER_FLAGS "")
set(PP_ENGINE_COMPILE_FLAGS "")
add_library(pp_checked INTERFACE)
add_library(pp_fast INTERFACE)
target_link_libraries(pp_checked INTERFACE pp_own)
target_link_libraries(pp_fast INTERFACE pp_own)

# A NULL that a driver passed is its finding, made of the signal.
set(PP_UNCHECKED -fno-sanitize=alignment,function,null)
set(sanitizers "")
if(PP_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  list(APPEND PP_UNCHECKED -fsanitize-address-use-after-return=never)
  target_compile_definitions(pp_own INTERFACE PP_GUARD_ADDRESS)
  set(PP_DRIVER_SANITIZER_FLAGS ${PP_DRIVER_ADDRESS_FLAGS} ${PP_DRIVER_UNDEFINED_FLAGS})
elseif(PP_SANITIZE STREQUAL "undefined")
  set(sanitizers -fsanitize=undefined -fno-sanitize-recover=undefined)
  set(PP_DRIVER_SANITIZER_FLAGS ${PP_DRIVER_UNDEFINED_FLAGS})
elseif(PP_SANITIZE STREQUAL "memory")
  set(sanitizers -fsanitize=memory -fsanitize-memory-track-origins)
  set(PP_DRIVER_SANITIZER_FLAGS ${sanitizers})
elseif(PP_SANITIZE)
  message(FATAL_ERROR "PP_SANITIZE is '${PP_SANITIZE}'; it can be empty, address, memory or undefined")
endif()

set(instrumented pp_checked)
if(PP_OSS_FUZZ)
  # CFLAGS has the sanitizers, for all code; numbers without a sign wrap where ours means them to.
  set(sanitizers "")
  set(instrumented pp_own)
  list(APPEND PP_UNCHECKED -fno-sanitize=unsigned-integer-overflow)
elseif(PP_SANITIZE STREQUAL "memory")
  set(instrumented pp_own)  # all code of a process must keep track of what is initialised
endif()
target_compile_options(${instrumented} INTERFACE ${sanitizers} ${PP_UNCHECKED})
target_link_options(pp_own INTERFACE ${sanitizers})

if(PP_COVERAGE)
  target_compile_options(pp_own INTERFACE -fprofile-instr-generate -fcoverage-mapping)
  target_link_options(pp_own INTERFACE -fprofile-instr-generate)
  if(CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 18)
    target_compile_options(pp_own INTERFACE -fcoverage-mcdc)
  endif()
  list(APPEND PP_DRIVER_SANITIZER_FLAGS -fprofile-instr-generate -fcoverage-mapping)
endif()

# Drivers and pools stay objects of their own, as one brings them. lld must be of the compiler's version.
if(PP_LTO)
  include(CheckCSourceCompiles)
  set(lto -flto -fuse-ld=lld)
  string(JOIN " " CMAKE_REQUIRED_FLAGS ${lto})
  check_c_source_compiles("int main(void) { return 0; }" PP_HAVE_LTO)
  unset(CMAKE_REQUIRED_FLAGS)
  if(PP_HAVE_LTO)
    target_compile_options(pp_fast INTERFACE -flto)
    target_link_options(pp_fast INTERFACE ${lto})
  endif()
endif()

# Only the driver is instrumented for coverage feedback: its edges are what an input is kept for.
if(PP_LIBFUZZER)
  set(PP_ENGINE_COMPILE_FLAGS -fsanitize=fuzzer-no-link)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=libclang_rt.fuzzer_no_main.a
                  OUTPUT_VARIABLE file OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT EXISTS ${file})
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-runtime-dir
                    OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(file ${dir}/libclang_rt.fuzzer_no_main-x86_64.a)
  endif()
  if(NOT EXISTS ${file})
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-resource-dir
                    OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(file ${dir}/lib/linux/libclang_rt.fuzzer_no_main-x86_64.a)
  endif()
  set(PP_LIBFUZZER_LIBRARY ${file})
endif()

if(NOT PP_SANITIZE STREQUAL "address" AND CMAKE_C_COMPILER_VERSION VERSION_GREATER_EQUAL 16)
  list(APPEND PP_DRIVER_SANITIZER_FLAGS ${PP_DRIVER_ACCESS_FLAGS})
endif()
list(APPEND PP_DRIVER_SANITIZER_FLAGS ${PP_DRIVER_BLOCK_FLAGS})
if(NOT PP_LIBFUZZER AND NOT CMAKE_C_FLAGS MATCHES "-fsanitize=fuzzer")
  list(APPEND PP_DRIVER_SANITIZER_FLAGS -fsanitize-coverage=bb)  # what an engine has of it is its edges
endif()

# A project that has poolproof as a subdirectory calls poolproof_add_driver from outside.
foreach(name PP_INCLUDE_DIR PP_CMAKE_DIR PP_WDK_DIR PP_DRIVER_FLAGS PP_DRIVER_SANITIZER_FLAGS
        PP_ENGINE_COMPILE_FLAGS PP_PYTHON PP_WORLD_FUNCTIONS)
  set(${name} "${${name}}" CACHE INTERNAL "for poolproof_add_driver")
endforeach()
