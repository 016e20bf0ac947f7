#!/bin/bash -eux
# SPDX-License-Identifier: MIT
# Builds the fuzz targets for OSS-Fuzz and for ClusterFuzzLite, which call it with their compiler and flags,
# and puts them into $OUT with seeds, dictionaries and options: one target for each good driver and pool, and
# one for programs. It can be called again: only what has changed is built.

# Without an own sanitizer, as in the coverage build, the driver is watched as far as that goes.
case $SANITIZER in
    address | memory | undefined) sanitize=$SANITIZER ;;
    *) sanitize= ;;
esac

# What this build runs itself is no test: leaks and profiles of it are of no interest.
export ASAN_OPTIONS="${ASAN_OPTIONS-}:detect_leaks=0"
export LLVM_PROFILE_FILE=/dev/null
export AFL_QUIET=1

build=$WORK/poolproof-$FUZZING_ENGINE-$SANITIZER
cmake -S "$SRC/poolproof" -B "$build" -G Ninja -DBUILD_TESTING=OFF \
    -DPP_OSS_FUZZ=ON -DPP_SANITIZE="$sanitize" -DLIB_FUZZING_ENGINE="$LIB_FUZZING_ENGINE"
cmake --build "$build" --target shipped
cp "$build"/shipped/* "$OUT"
