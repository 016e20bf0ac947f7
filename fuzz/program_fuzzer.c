// SPDX-License-Identifier: MIT
// The program's forms against each other. Any bytes decode to a valid program of each language, and that
// program comes back equal from its binary and its text form; any text is refused with a place, or
// understood; and the same for plans, which leave any program valid.
#include <poolproof/plan.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                         \
    do {                                                                           \
        if (!(condition)) {                                                        \
            fprintf(stderr, "poolproof: program: %s does not hold\n", #condition); \
            abort();                                                               \
        }                                                                          \
    } while (0)

static struct pp_program decoded, mutated, again;
static uint8_t encoded[PP_PROGRAM_BYTES_MAX];
static char printed[256 * 1024];

static void check_text_form(const struct pp_program *program) {
    struct pp_error error = {0};
    size_t length = pp_program_print(program, PP_OP_NONE, printed, sizeof printed);

    REQUIRE(length < sizeof printed);
    REQUIRE(pp_program_is_text((const uint8_t *)printed, length));
    REQUIRE(pp_program_parse(printed, length, &again, &error));
    REQUIRE(pp_program_equal(&again, program));
}

static void check_binary_form(const struct pp_program *program) {
    size_t size = pp_program_encode(program, encoded, sizeof encoded);

    REQUIRE(size > 0 || program->op_count == 0);
    pp_program_decode(program->language, encoded, size, &again);
    REQUIRE(pp_program_equal(&again, program));
}

static void check_mutation(const struct pp_program *program, uint32_t seed) {
    mutated = *program;
    pp_program_mutate(&mutated, 64, NULL, seed);
    REQUIRE(pp_program_check(&mutated) == NULL);
    pp_program_cross(&mutated, program, 64, seed);
    REQUIRE(pp_program_check(&mutated) == NULL);
    REQUIRE(mutated.language == program->language);
}

static void check_bytes(enum pp_language language, const uint8_t *bytes, size_t size) {
    pp_program_decode(language, bytes, size, &decoded);
    REQUIRE(decoded.language == language);
    REQUIRE(pp_program_check(&decoded) == NULL);
    check_binary_form(&decoded);
    check_text_form(&decoded);
    check_mutation(&decoded, (uint32_t)size);
}

static void check_place(const struct pp_error *error, size_t size) {
    REQUIRE(error->line > 0 && error->column > 0 && error->column <= size + 1);
    REQUIRE(memchr(error->message, '\0', sizeof error->message) != NULL && error->message[0]);
}

static void check_text(const uint8_t *bytes, size_t size) {
    struct pp_error error = {0};

    if (pp_program_parse((const char *)bytes, size, &decoded, &error)) {
        REQUIRE(pp_program_check(&decoded) == NULL);
        check_text_form(&decoded);
        check_binary_form(&decoded);
    } else {
        check_place(&error, size);
    }
}

static void check_plan(const uint8_t *bytes, size_t size) {
    static struct pp_plan plan, plan_again;
    struct pp_error error = {0};

    if (!pp_plan_parse((const char *)bytes, size, &plan, &error)) {
        check_place(&error, size);
        return;
    }
    size_t length = pp_plan_print(&plan, printed, sizeof printed);
    REQUIRE(length < sizeof printed);
    REQUIRE(pp_plan_parse(printed, length, &plan_again, &error));
    REQUIRE(memcmp(&plan, &plan_again, sizeof plan) == 0);
    pp_program_decode(PP_LANGUAGE_PROTOCOL, bytes, size, &decoded);
    pp_plan_apply(&plan, &decoded);
    REQUIRE(pp_program_check(&decoded) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    for (unsigned language = 0; language < PP_LANGUAGE_COUNT; language++) {
        check_bytes(language, bytes, size);
    }
    check_text(bytes, size);
    check_plan(bytes, size);
    return 0;
}
