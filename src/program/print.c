// SPDX-License-Identifier: MIT
// Program and plan to text, the inverse of parse. Only what differs from the default is printed, so that
// a program reads as what is special about it.
#include "naming.h"

#include <poolproof/plan.h>
#include <string.h>

#define ATTRIBUTES_COLUMN 31  // 0-based; attributes of longer ops follow behind two spaces

struct page {
    char *text;
    size_t capacity;
    size_t length;      // of the whole text, also where it no longer fits
    size_t line_start;  // where the op of this line begins, behind the margin
};

static void put_bytes(struct page *page, const char *bytes, size_t size) {
    if (page->length < page->capacity) {
        size_t room = page->capacity - page->length;
        memcpy(page->text + page->length, bytes, size < room ? size : room);
    }
    page->length += size;
}

static void put_char(struct page *page, char c) { put_bytes(page, &c, 1); }

static void put_text(struct page *page, const char *text) { put_bytes(page, text, strlen(text)); }

static unsigned decimals_of(uint32_t number, char ret_decimals[10]) {
    unsigned count = 1;
    for (uint32_t rest = number; rest >= 10; rest /= 10) {
        count++;
    }
    for (unsigned i = count; i-- > 0; number /= 10) {
        ret_decimals[i] = (char)('0' + number % 10);
    }
    return count;
}

static void put_number(struct page *page, uint32_t number) {
    char decimals[10];
    put_bytes(page, decimals, decimals_of(number, decimals));
}

// Codes and the like are read in hexadecimal.
static void put_value(struct page *page, const struct pp_arg_info *arg, uint32_t value) {
    static const char digits[] = "0123456789abcdef";

    if (arg->max <= UINT16_MAX) {
        put_number(page, value);
        return;
    }
    put_text(page, "0x");
    int shift = 28;
    while (shift > 0 && value >> shift == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        put_char(page, digits[value >> shift & 15]);
    }
}

static void put_args(struct page *page, const struct pp_op_info *info, const struct pp_op *op) {
    const char *separator = "";

    put_char(page, '(');
    for (unsigned i = 0; i < info->arg_count; i++) {
        const struct pp_arg_info *arg = &info->args[i];
        if (arg->kind != PP_ARG_HANDLE && op->args[i] == arg->standard) {
            continue;
        }
        put_text(page, separator);
        separator = ", ";
        if (arg->kind == PP_ARG_HANDLE) {
            put_char(page, arg->letter);
            put_number(page, op->args[i]);
            continue;
        }
        put_text(page, arg->word);
        put_text(page, ": ");
        if (arg->kind == PP_ARG_CHOICE) {
            put_text(page, arg->words[op->args[i]]);
        } else {
            put_value(page, arg, op->args[i]);
        }
    }
    put_char(page, ')');
}

// Opens an attribute: the first one of an op goes to the column where those of all ops stand.
static void open_attribute(struct page *page, bool *is_first, const char *word) {
    if (*is_first) {
        do {
            put_char(page, ' ');
        } while (page->length < page->line_start + ATTRIBUTES_COLUMN - 1);
    }
    *is_first = false;
    put_text(page, " (");
    put_text(page, word);
    put_text(page, ": ");
}

static void put_choice(struct page *page, const struct pp_choice *choice) {
    put_number(page, choice->at);
    if (choice->accesses > 0) {
        put_char(page, '+');
        put_number(page, choice->accesses);
    }
    put_text(page, " -> ");
    if (choice->target == PP_TARGET_TIME) {
        put_text(page, "time");
    } else {
        put_number(page, choice->target);
    }
    put_char(page, ')');
}

static void put_attributes(struct page *page, const struct pp_op *op) {
    bool is_first = true;

    for (unsigned i = 0; i < op->fault_count; i++) {
        const struct pp_fault *fault = &op->faults[i];
        open_attribute(page, &is_first, "fail");
        put_text(page, pp_point_infos[fault->point].name);
        put_char(page, ' ');
        put_number(page, fault->nth);
        put_text(page, fault->is_persistent ? "..)" : ")");
    }
    for (unsigned i = 0; i < op->outcome_count; i++) {
        open_attribute(page, &is_first, "outcome");
        put_text(page, pp_outcome_infos[op->outcomes[i].point].name);
        put_text(page, " = ");
        put_text(page, pp_status_words[op->outcomes[i].status]);
        put_char(page, ')');
    }
    for (unsigned i = 0; i < op->choice_count; i++) {
        open_attribute(page, &is_first, "at");
        put_choice(page, &op->choices[i]);
    }
}

// The margin of a marked listing: the arrow, and the op's number as reports give it.
static void put_margin(struct page *page, uint32_t index, bool is_marked) {
    char decimals[10];
    unsigned count = decimals_of(index, decimals);

    put_text(page, is_marked ? "-> " : "   ");
    put_bytes(page, "    ", count < 4 ? 4 - count : 0);
    put_bytes(page, decimals, count);
    put_text(page, "  ");
}

static size_t end_page(struct page *page) {
    if (page->capacity > 0) {
        page->text[page->length < page->capacity ? page->length : page->capacity - 1] = '\0';
    }
    return page->length;
}

size_t pp_program_print(const struct pp_program *program, uint16_t mark, char *text, size_t capacity) {
    struct page page = {.text = text, .capacity = capacity};
    struct pp_naming naming = {0};

    put_text(&page, "poolproof ");
    put_number(&page, PP_PROGRAM_VERSION);
    if (program->language != PP_LANGUAGE_PROTOCOL) {
        put_char(&page, ' ');
        put_text(&page, pp_languages[program->language].word);
    }
    put_char(&page, '\n');
    for (uint32_t i = 0; i < program->op_count; i++) {
        const struct pp_op *op = &program->ops[i];
        const struct pp_op_info *info = pp_op_info(program, op);
        if (mark != PP_OP_NONE) {
            put_margin(&page, i, i == mark);
        }
        page.line_start = page.length;
        if (info->result) {
            put_char(&page, info->result);
            put_number(&page, pp_naming_count(&naming, info->result));
            put_text(&page, " = ");
        }
        put_text(&page, info->word);
        put_args(&page, info, op);
        put_attributes(&page, op);
        put_char(&page, '\n');
        pp_naming_add(&naming, info);
    }
    return end_page(&page);
}

size_t pp_plan_print(const struct pp_plan *plan, char *text, size_t capacity) {
    struct page page = {.text = text, .capacity = capacity};

    put_text(&page, "plan ");
    put_number(&page, PP_PLAN_VERSION);
    put_char(&page, '\n');
    for (uint32_t i = 0; i < plan->line_count; i++) {
        const struct pp_plan_line *line = &plan->lines[i];
        page.line_start = page.length;
        put_text(&page, line->is_every ? "every" : pp_op_infos[line->op.kind].word);
        put_attributes(&page, &line->op);
        put_char(&page, '\n');
    }
    return end_page(&page);
}
