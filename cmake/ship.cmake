# SPDX-License-Identifier: MIT
# poolproof_ship(TARGET LANGUAGE FILE...)
#
# Puts a fuzz target where whoever fuzzes it for us takes it from, as OSS-Fuzz wants it: the folder `shipped`
# of the build gets TARGET, TARGET_seed_corpus.zip made of the program files, TARGET.dict and TARGET.options.
# LANGUAGE: protocol, pool, or text for a target that reads programs as text. Nothing without PP_OSS_FUZZ.

function(poolproof_ship TARGET LANGUAGE)
  if(NOT PP_OSS_FUZZ)
    return()
  endif()
  set(folder ${PROJECT_BINARY_DIR}/shipped)
  set_target_properties(${TARGET} PROPERTIES LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${folder})
  set(beside ${folder}/${TARGET}_seed_corpus.zip ${folder}/${TARGET}.dict ${folder}/${TARGET}.options)
  # Any command line can pack programs and knows the words; that of one driver has no planted bug in it.
  add_custom_command(
    OUTPUT ${beside}
    COMMAND ${PP_PYTHON} ${PROJECT_SOURCE_DIR}/fuzz/ship.py $<TARGET_FILE:echo> ${folder} ${TARGET}
            ${LANGUAGE} ${ARGN}
    DEPENDS echo ${PROJECT_SOURCE_DIR}/fuzz/ship.py ${ARGN}
    COMMENT "Seeds, dictionary and options of ${TARGET}"
    VERBATIM)
  if(NOT TARGET shipped)
    add_custom_target(shipped)
  endif()
  add_custom_target(${TARGET}_beside DEPENDS ${beside})
  add_dependencies(shipped ${TARGET} ${TARGET}_beside)
endfunction()
