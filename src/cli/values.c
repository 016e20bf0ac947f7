// SPDX-License-Identifier: MIT
#include "values.h"

#include "complaint.h"

#include "kernel/learn.h"

#include <devioctl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 512

static const char *skip_space(const char *text) { return text + strspn(text, " \t\r\n"); }

// Decimal, or hexadecimal behind "0x". NULL if there is no such number.
static const char *read_number(const char *text, uint32_t max, uint32_t *ret_number) {
    char *end = NULL;
    text = skip_space(text);
    bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    if (text[0] < '0' || text[0] > '9') {
        return NULL;
    }
    errno = 0;
    unsigned long long number = strtoull(text, &end, is_hex ? 16 : 10);
    if (errno || number > max || end == text + is_hex) {
        return NULL;
    }
    *ret_number = (uint32_t)number;
    return skip_space(end);
}

static const char *read_code(const char *text, uint32_t *ret_code) {
    static const uint32_t maxima[] = {0xffff, 0xfff, 3, 3};
    uint32_t parts[4];
    for (int i = 0; i < 4; i++) {
        text = read_number(text, maxima[i], &parts[i]);
        if (!text || *text != (i < 3 ? ',' : ')')) {
            return NULL;
        }
        text++;
    }
    *ret_code = CTL_CODE(parts[0], parts[1], parts[2], parts[3]);
    return skip_space(text);
}

static bool read_line(const char *line) {
    static const char word[] = "CTL_CODE(";
    uint32_t value = 0;
    line = skip_space(line);
    if (*line == '\0' || *line == '#') {
        return true;
    }
    bool is_code = strncmp(line, word, strlen(word)) == 0;
    line = is_code ? read_code(line + strlen(word), &value) : read_number(line, UINT32_MAX, &value);
    if (!line || (*line != '\0' && *line != '#')) {
        return false;
    }
    pp_value_give(value);
    return true;
}

bool pp_values_read(const char *path) {
    FILE *file = fopen(path, "r");
    char line[LINE_BYTES_MAX];
    unsigned number = 0;
    bool is_good = true;

    if (!file) {
        pp_complain(path, "%s", strerror(errno));
        return false;
    }
    while (is_good && fgets(line, sizeof line, file)) {
        number++;
        is_good = read_line(line);
    }
    if (!is_good) {
        char place[512];
        snprintf(place, sizeof place, "%s:%u", path, number);
        pp_complain(place, "expected a number of 32 bits, as 4660 or 0x1234, or CTL_CODE(device type, "
                           "function, method, access)");
    } else if (ferror(file)) {
        pp_complain(path, "%s", strerror(errno));
        is_good = false;
    }
    fclose(file);
    return is_good;
}
