# SPDX-License-Identifier: MIT
# poolproof_driver_object(NAME SOURCES file... [INCLUDES dir...] [DEFINES def...] [ACTIONS file]
#                         [EXPECTED_TITLE title])
#
# Compiles WDK driver source, unmodified, to one object file that any poolproof binary can link: nothing in
# it is global, and the record that makes the driver known is in a section. Target: poolproof_driver_NAME.

find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(PP_PYTHON ${Python3_EXECUTABLE} -B)

set(PP_DRIVER_FLAGS
    -std=gnu11 -fshort-wchar -fms-extensions -fms-compatibility -fgnu89-inline
    # Keep the driver's bugs alive: an optimiser may not reason them away.
    -fno-delete-null-pointer-checks -fno-strict-aliasing -fwrapv -fno-finite-loops
    # Stable frames: places in titles are names of the driver's functions.
    -O1 -g -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-inline-functions
    -Wno-unknown-pragmas -Wno-pragma-pack -Wno-multichar -Wno-four-char-constants
    -Wno-duplicate-decl-specifier -Wno-ignored-attributes -Wno-unused-function -Wno-microsoft
    -Wno-pointer-sign
    # A function that nobody declares is one that the headers lack; see prepare_driver.py.
    -Wno-implicit-int -Werror=implicit-function-declaration)

# How the driver's memory accesses are watched; see src/kernel/access.c.
set(PP_DRIVER_ADDRESS_FLAGS
    -fsanitize=address -fsanitize-address-use-after-return=never
    "SHELL:-mllvm -asan-instrumentation-with-call-threshold=0"
    "SHELL:-mllvm -asan-memory-access-callback-prefix=pp_driver_"
    # Every one of them, also what is known to be good memory: between the load and the store of a count
    # another fiber can go on.
    "SHELL:-mllvm -asan-opt-same-temp=0" "SHELL:-mllvm -asan-opt-globals=0")

# Without the sanitizer, an access is at least a place where another fiber can go on; clang 16 and newer.
set(PP_DRIVER_ACCESS_FLAGS -fsanitize-coverage=trace-loads,trace-stores)

# Each block of code, so that a loop is seen whatever it does or does not do: also blocks whose neighbours
# tell that they were reached.
set(PP_DRIVER_BLOCK_FLAGS -fsanitize-coverage=trace-pc,no-prune)

# A trap, not a report: the world turns it into a finding. Alignment is what packet headers never have;
# the use of NULL is a finding of its own, and to copy nothing from there is no use. A shift too far has a
# value on every processor that Windows runs on, and the driver goes on: advice (src/kernel/shift.c).
set(PP_DRIVER_UNDEFINED_FLAGS
    -fsanitize=undefined,pointer-overflow
    -fno-sanitize=alignment,function,vptr,shift-base,unsigned-integer-overflow
    -fno-sanitize=null,nonnull-attribute,returns-nonnull-attribute
    -fsanitize-trap=undefined,pointer-overflow -fno-sanitize-trap=shift-exponent
    -fsanitize-recover=shift-exponent)

# Makes headers, and tries whether the sources compile, before any of them is compiled.
function(prepare_driver NAME made)
  set(target poolproof_driver_${NAME}_sources)
  set(includes $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
  set(defines $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_C_FLAGS}")
  add_custom_command(
    OUTPUT ${made}/prepared
    BYPRODUCTS ${made}/values.c ${made}/overlay.yaml
    COMMAND ${PP_PYTHON} ${PP_CMAKE_DIR}/prepare_driver.py ${NAME} ${made} ${PP_WDK_DIR}
            ${CMAKE_C_COMPILER} ${ARGN} -- ${flags}
            "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>"
            "$<$<BOOL:${defines}>:-D$<JOIN:${defines},;-D>>"
            "$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>"
    DEPENDS ${ARGN} ${PP_CMAKE_DIR}/prepare_driver.py ${PP_CMAKE_DIR}/driver_values.py
            ${PP_CMAKE_DIR}/integer_types.py
    DEPFILE ${made}/prepared.d
    COMMENT "Trying the sources of ${NAME}"
    COMMAND_EXPAND_LISTS VERBATIM)
  add_custom_target(poolproof_driver_${NAME}_prepared DEPENDS ${made}/prepared)
  add_dependencies(${target} poolproof_driver_${NAME}_prepared)
endfunction()

function(poolproof_driver_object NAME)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "ACTIONS;EXPECTED_TITLE" "SOURCES;INCLUDES;DEFINES")
  if(NOT NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "poolproof_add_driver: '${NAME}' is no C identifier")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "poolproof_add_driver(${NAME}): SOURCES is empty")
  endif()

  set(PP_NAME ${NAME})
  set(PP_EXPECTED_TITLE NULL)
  if(arg_EXPECTED_TITLE)
    set(PP_EXPECTED_TITLE "\"${arg_EXPECTED_TITLE}\"")
  endif()
  set(PP_ACTIONS NULL)
  if(arg_ACTIONS)
    set(PP_ACTIONS pp_driver_actions)
    list(APPEND arg_SOURCES ${arg_ACTIONS})
  endif()
  set(made ${CMAKE_CURRENT_BINARY_DIR}/drivers/${NAME})
  configure_file(${PP_CMAKE_DIR}/driver_prelude.h.in ${made}/prelude.h @ONLY)
  configure_file(${PP_CMAKE_DIR}/driver_glue.c.in ${made}/glue.c @ONLY)
  list(FILTER arg_SOURCES EXCLUDE REGEX "[.](h|rc|inf|mof|mc|man)$")
  foreach(source IN LISTS arg_SOURCES)
    if(NOT source MATCHES "[.][cC]$")
      message(FATAL_ERROR "poolproof_add_driver(${NAME}): '${source}' is no C source; C++ is not taken")
    endif()
    get_filename_component(path ${source} ABSOLUTE)
    list(APPEND sources ${path})
  endforeach()
  set_source_files_properties(${sources} PROPERTIES LANGUAGE C)

  add_library(poolproof_driver_${NAME}_sources OBJECT ${sources})
  target_include_directories(poolproof_driver_${NAME}_sources PRIVATE ${arg_INCLUDES})
  target_include_directories(poolproof_driver_${NAME}_sources SYSTEM PRIVATE
                             ${PP_WDK_DIR} ${PP_INCLUDE_DIR}/crt)
  if(arg_ACTIONS)
    target_include_directories(poolproof_driver_${NAME}_sources SYSTEM PRIVATE ${PP_INCLUDE_DIR})
  endif()
  target_compile_definitions(poolproof_driver_${NAME}_sources PRIVATE ${arg_DEFINES})
  target_compile_options(poolproof_driver_${NAME}_sources PRIVATE
                         ${PP_DRIVER_FLAGS} ${PP_DRIVER_SANITIZER_FLAGS} ${PP_ENGINE_COMPILE_FLAGS}
                         -include ${made}/prelude.h -ivfsoverlay ${made}/overlay.yaml
                         -idirafter ${made}/headers/_/_/_/_)
  prepare_driver(${NAME} ${made} ${sources})
  add_library(poolproof_driver_${NAME}_glue OBJECT ${made}/glue.c ${made}/values.c)
  target_include_directories(poolproof_driver_${NAME}_glue PRIVATE ${PP_INCLUDE_DIR})
  add_dependencies(poolproof_driver_${NAME}_glue poolproof_driver_${NAME}_prepared)

  # One object, with nothing global in it: any two drivers can live in one binary.
  add_custom_command(
    OUTPUT ${made}/driver.o
    COMMAND ${PP_PYTHON} ${PP_CMAKE_DIR}/link_driver.py ${NAME} ${made} ${CMAKE_LINKER} ${CMAKE_NM}
            ${CMAKE_READELF} ${CMAKE_OBJCOPY} ${PP_WORLD_FUNCTIONS} ${PP_WDK_DIR}
            $<TARGET_OBJECTS:poolproof_driver_${NAME}_sources>
            $<TARGET_OBJECTS:poolproof_driver_${NAME}_glue>
    DEPENDS poolproof_world_functions ${PP_WORLD_FUNCTIONS} ${PP_CMAKE_DIR}/link_driver.py
            poolproof_driver_${NAME}_sources poolproof_driver_${NAME}_glue
            $<TARGET_OBJECTS:poolproof_driver_${NAME}_sources>
            $<TARGET_OBJECTS:poolproof_driver_${NAME}_glue>
    COMMAND_EXPAND_LISTS VERBATIM)
  add_library(poolproof_driver_${NAME} INTERFACE)
  target_sources(poolproof_driver_${NAME} INTERFACE ${made}/driver.o)
  set_source_files_properties(${made}/driver.o PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
  add_custom_target(poolproof_driver_${NAME}_object DEPENDS ${made}/driver.o)
  add_dependencies(poolproof_driver_${NAME} poolproof_driver_${NAME}_object)
endfunction()
