#!/bin/bash -eux
# SPDX-License-Identifier: MIT
# Runs the tests for OSS-Fuzz, in its image: without network, and nothing of the source tree changes. The
# build is one of its own, without sanitizers. Left out are tests of scripts and of the repository, which need
# more tools.

unset CFLAGS CXXFLAGS LIB_FUZZING_ENGINE
build=$WORK/poolproof-tests
export PYTHONDONTWRITEBYTECODE=1

# OSS-Fuzz's compiler is newer than ours, so its warnings are no errors.
cmake -S "$SRC/poolproof" -B "$build" -G Ninja -DPP_OSS_FUZZ=ON -DCMAKE_C_FLAGS="-O1 -g" -DCMAKE_CXX_FLAGS=
cmake --build "$build"
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" --no-tests=error \
    --label-exclude '^(repository|scripts|cmake|bench|wdk)$'
