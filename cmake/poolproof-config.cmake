# SPDX-License-Identifier: MIT
# find_package(poolproof): as add_subdirectory of the package's folder, once.
if(NOT TARGET poolproof_core_fast)
  add_subdirectory(${CMAKE_CURRENT_LIST_DIR}/.. ${CMAKE_BINARY_DIR}/poolproof)
endif()
