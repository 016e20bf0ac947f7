# SPDX-License-Identifier: MIT
# What is installed is source: the package builds the world in the user's project, with the compiler and
# the sanitizers of that project (docs/decisions/0008-the-package-is-source.md).
include(CMakePackageConfigHelpers)

write_basic_package_version_file(${PROJECT_BINARY_DIR}/poolproof-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(DIRECTORY cmake include src faults fuzz DESTINATION share/poolproof)
install(DIRECTORY corpus/seeds DESTINATION share/poolproof/corpus)
install(FILES CMakeLists.txt LICENSE DESTINATION share/poolproof)
install(FILES ${PROJECT_BINARY_DIR}/poolproof-config-version.cmake DESTINATION share/poolproof/cmake)
