// SPDX-License-Identifier: MIT
#include "plans.h"

#include "complaint.h"
#include "whole.h"

#include <stdio.h>
#include <string.h>

static bool read_plan(const char *path, const char *text, size_t size, struct pp_plan *ret_plan) {
    struct pp_error error = {0};
    char place[4096];

    if (pp_plan_parse(text, size, ret_plan, &error)) {
        return true;
    }
    snprintf(place, sizeof place, "%s:%u:%u", path, error.line, error.column);
    pp_complain(place, "%s", error.message);
    return false;
}

bool pp_plans_find(const char *name, struct pp_plan *ret_plan) {
    static uint8_t bytes[PP_PLAN_BYTES_MAX];
    size_t size = 0;

    if (strpbrk(name, "/.")) {
        return pp_whole_read(name, bytes, sizeof bytes, &size) &&
               read_plan(name, (const char *)bytes, size, ret_plan);
    }
    for (const struct pp_plan_info *info = pp_plan_infos; info->name; info++) {
        if (strcmp(info->name, name) == 0) {
            return read_plan(name, info->text, strlen(info->text), ret_plan);
        }
    }
    pp_complain(name,
                "no such plan; \"list plans\" shows those there are, a file has a '.' in its name");
    return false;
}

const char *pp_plans_about(const struct pp_plan_info *info, int *ret_length) {
    const char *about = info->text + strspn(info->text, "# ");

    *ret_length = (int)strcspn(about, "\n");
    return about;
}
