// SPDX-License-Identifier: MIT
// attribute.c: what stands behind an op in the text form.
//
//   attribute = "(" "fail" ":" point nth [ ".." ] ")"
//             | "(" "outcome" ":" point "=" status ")"
//             | "(" "at" ":" number [ "+" number ] "->" ( number | "time" ) ")"
#pragma once
#include "scan.h"

// Parses all attributes up to the end of the line or a comment into `op`.
bool pp_attributes_parse(struct pp_scan *scan, struct pp_op *op);
