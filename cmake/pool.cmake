# SPDX-License-Identifier: MIT
# poolproof_add_pool(NAME SOURCES file...)
#
# Compiles a pool, as our own code is, that any poolproof binary can link: its table of functions,
# pp_pool_NAME (include/poolproof/pool.h), and the record that makes it known. Target: poolproof_pool_NAME.

function(poolproof_add_pool NAME)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  if(NOT NAME MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "poolproof_add_pool: '${NAME}' is no C identifier")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "poolproof_add_pool(${NAME}): SOURCES is empty")
  endif()

  set(PP_NAME ${NAME})
  set(glue ${CMAKE_CURRENT_BINARY_DIR}/pools/${NAME}_glue.c)
  configure_file(${PP_CMAKE_DIR}/pool_glue.c.in ${glue} @ONLY)

  add_library(poolproof_pool_${NAME}_sources OBJECT ${arg_SOURCES})
  target_link_libraries(poolproof_pool_${NAME}_sources PRIVATE pp_checked)
  # Not instrumented: a sanitizer would put room between the entries of the section.
  add_library(poolproof_pool_${NAME}_glue OBJECT ${glue})
  target_link_libraries(poolproof_pool_${NAME}_glue PRIVATE pp_own)

  add_library(poolproof_pool_${NAME} INTERFACE)
  target_sources(poolproof_pool_${NAME} INTERFACE
                 $<TARGET_OBJECTS:poolproof_pool_${NAME}_sources>
                 $<TARGET_OBJECTS:poolproof_pool_${NAME}_glue>)
endfunction()
