# SPDX-License-Identifier: MIT
# poolproof_add_driver(NAME SOURCES file... [INCLUDES dir...] [DEFINES def...] [ACTIONS file])
#
# Builds binaries for one driver from its WDK source, unmodified (docs/your-driver.md):
#   NAME          the command line, all verbs
#   NAME_fuzzer   a target for any engine: its main comes from LIB_FUZZING_ENGINE, or from libFuzzer
#   NAME_afl      the same for AFL++, where the compiler is afl-clang-fast
# What has no engine to link is not there.

function(poolproof_add_driver NAME)
  poolproof_driver_object(${NAME} ${ARGN})
  add_executable(${NAME})
  target_link_libraries(${NAME} PRIVATE poolproof_cli poolproof_driver_${NAME})
  set(targets "")
  if(TARGET poolproof_target)
    list(APPEND targets ${NAME}_fuzzer)
    if(CMAKE_C_COMPILER MATCHES "/afl-[^/]*$")
      list(APPEND targets ${NAME}_afl)
    endif()
  endif()
  foreach(target IN LISTS targets)
    add_executable(${target})
    target_link_libraries(${target} PRIVATE poolproof_target poolproof_driver_${NAME})
  endforeach()
endfunction()
