// SPDX-License-Identifier: MIT
// list rules|ops|points|drivers|actions|pools
#include "complaint.h"
#include "json.h"
#include "plans.h"
#include "verb.h"

#include <poolproof/differ.h>
#include <poolproof/driver.h>

#include <stdio.h>
#include <string.h>

static const char *const severity_words[] = {
    [PP_SEVERITY_STOP] = "stop", [PP_SEVERITY_COUNT_ONLY] = "count"};

static void list_rules(bool is_json) {
    for (uint32_t i = 0; i < pp_rule_count; i++) {
        const struct pp_rule *rule = &pp_rules[i];
        if (!is_json) {
            printf("%s%s\n    %s\n    source: %s\n    symptom: %s\n", rule->id,
                   rule->severity == PP_SEVERITY_COUNT_ONLY ? " (counted only)" : "", rule->statement,
                   rule->source, rule->symptom);
            continue;
        }
        struct pp_json json = {.out = stdout};
        pp_json_open(&json, NULL, '{');
        pp_json_text(&json, "id", rule->id);
        pp_json_text(&json, "severity", severity_words[rule->severity]);
        pp_json_text(&json, "statement", rule->statement);
        pp_json_text(&json, "source", rule->source);
        pp_json_text(&json, "symptom", rule->symptom);
        pp_json_end_line(&json);
    }
}

static void print_arg(const struct pp_arg_info *arg) {
    if (arg->kind == PP_ARG_HANDLE) {
        printf("%c", arg->letter);
    } else if (arg->kind == PP_ARG_NUMBER) {
        printf("%s: %u..%u = %u", arg->word, arg->min, arg->max, arg->standard);
    } else {
        printf("%s: ", arg->word);
        for (unsigned i = 0; i <= arg->max; i++) {
            printf("%s%s", i ? "|" : "", arg->words[i]);
        }
        printf(" = %s", arg->words[arg->standard]);
    }
}

static void print_op(const struct pp_op_info *info) {
    if (info->result) {
        printf("%c = ", info->result);
    }
    printf("%s(", info->word);
    for (unsigned i = 0; i < info->arg_count; i++) {
        fputs(i ? ", " : "", stdout);
        print_arg(&info->args[i]);
    }
    printf(")\n    %s\n", info->about);
}

static void print_arg_json(struct pp_json *json, const struct pp_arg_info *arg) {
    static const char *const kinds[] = {
        [PP_ARG_HANDLE] = "handle", [PP_ARG_NUMBER] = "number", [PP_ARG_CHOICE] = "choice"};
    char letter[] = {arg->letter, '\0'};

    pp_json_open(json, NULL, '{');
    pp_json_text(json, "kind", kinds[arg->kind]);
    if (arg->kind == PP_ARG_HANDLE) {
        pp_json_text(json, "letter", letter);
    } else {
        pp_json_text(json, "word", arg->word);
    }
    if (arg->kind == PP_ARG_NUMBER) {
        pp_json_number(json, "min", arg->min);
        pp_json_number(json, "max", arg->max);
        pp_json_number(json, "default", arg->standard);
    }
    if (arg->kind == PP_ARG_CHOICE) {
        pp_json_open(json, "words", '[');
        for (unsigned i = 0; i <= arg->max; i++) {
            pp_json_text(json, NULL, arg->words[i]);
        }
        pp_json_close(json, ']');
        pp_json_text(json, "default", arg->words[arg->standard]);
    }
    pp_json_close(json, '}');
}

static void print_op_json(const struct pp_op_info *info, const char *language) {
    char result[] = {info->result, '\0'};
    struct pp_json json = {.out = stdout};

    pp_json_open(&json, NULL, '{');
    pp_json_text(&json, "language", language);
    pp_json_text(&json, "word", info->word);
    pp_json_text(&json, "result", info->result ? result : NULL);
    pp_json_text(&json, "about", info->about);
    pp_json_open(&json, "args", '[');
    for (unsigned i = 0; i < info->arg_count; i++) {
        print_arg_json(&json, &info->args[i]);
    }
    pp_json_close(&json, ']');
    pp_json_end_line(&json);
}

static void list_ops(bool is_json) {
    for (unsigned i = 0; i < PP_LANGUAGE_COUNT; i++) {
        const struct pp_language_info *language = &pp_languages[i];
        if (!is_json) {
            printf("%sof %s programs:\n\n", i ? "\n" : "", language->word);
        }
        for (uint32_t kind = 0; kind < language->op_count; kind++) {
            if (is_json) {
                print_op_json(&language->ops[kind], language->word);
            } else {
                print_op(&language->ops[kind]);
            }
        }
    }
}

static void list_point(const struct pp_point_info *info, bool is_json) {
    struct pp_json json = {.out = stdout};

    if (!is_json) {
        printf("%s\n    of: %s\n    a driver must: %s\n    write: ", info->name, info->function,
               info->duty);
        printf(info->statuses ? "(outcome: %s = STATUS), STATUS one of"
                              : "(fail: %s 1), the 2nd: 2, "
                                "from the 2nd on: 2..",
               info->name);
    } else {
        pp_json_open(&json, NULL, '{');
        pp_json_text(&json, "name", info->name);
        pp_json_text(&json, "kind", info->statuses ? "outcome" : "fail");
        pp_json_text(&json, "function", info->function);
        pp_json_text(&json, "duty", info->duty);
        pp_json_open(&json, "statuses", '[');
    }
    for (unsigned i = 0; i < PP_STATUS_COUNT; i++) {
        if (!(info->statuses >> i & 1)) {
            continue;
        }
        if (is_json) {
            pp_json_text(&json, NULL, pp_status_words[i]);
        } else {
            printf(" %s", pp_status_words[i]);
        }
    }
    if (is_json) {
        pp_json_close(&json, ']');
        pp_json_end_line(&json);
    } else {
        putchar('\n');
    }
}

static void list_points(bool is_json) {
    for (unsigned i = 0; i < PP_POINT_COUNT; i++) {
        list_point(&pp_point_infos[i], is_json);
    }
    for (unsigned i = 0; i < PP_OUTCOME_COUNT; i++) {
        list_point(&pp_outcome_infos[i], is_json);
    }
}

static void list_drivers(bool is_json) {
    const struct pp_driver *standard = pp_driver_find(NULL);

    for (const struct pp_driver *const *at = pp_driver_list(); *at; at++) {
        const struct pp_driver *driver = *at;
        if (!is_json) {
            printf("%s%s\n", driver->name, driver == standard ? " (default)" : "");
            if (driver->expected_title) {
                printf("    planted: %s\n", driver->expected_title);
            }
            continue;
        }
        struct pp_json json = {.out = stdout};
        pp_json_open(&json, NULL, '{');
        pp_json_text(&json, "name", driver->name);
        pp_json_bool(&json, "is_default", driver == standard);
        pp_json_text(&json, "expected_title", driver->expected_title);
        pp_json_end_line(&json);
    }
}

static bool is_any(const struct pp_action_range *range) { return range->min == 0 && range->max == 0; }

static uint32_t last_of(const struct pp_action_range *range) {
    return range->max < range->min ? range->min : range->max;
}

static void print_range(const char *word, const struct pp_action_range *range) {
    if (!is_any(range)) {
        printf("  %s: %u..%u", word, range->min, last_of(range));
    }
}

static void print_range_json(struct pp_json *json, const char *word,
                             const struct pp_action_range *range) {
    pp_json_open(json, word, '{');
    pp_json_number(json, "min", range->min);
    pp_json_number(json, "max", is_any(range) ? UINT32_MAX : last_of(range));
    pp_json_close(json, '}');
}

static void print_action_json(const struct pp_driver *driver, uint32_t number) {
    const struct pp_action *action = &driver->actions[number];
    struct pp_json json = {.out = stdout};
    pp_json_open(&json, NULL, '{');
    pp_json_text(&json, "driver", driver->name);
    pp_json_number(&json, "number", number);
    pp_json_text(&json, "name", action->name);
    pp_json_number(&json, "irql", action->irql);
    print_range_json(&json, "first", &action->first);
    print_range_json(&json, "second", &action->second);
    print_range_json(&json, "length", &action->length);
    pp_json_end_line(&json);
}

static void list_actions_of(const struct pp_driver *driver, bool is_json) {
    if (!is_json) {
        printf("%s\n", driver->name);
    }
    for (uint32_t i = 0; driver->actions[i].name; i++) {
        const struct pp_action *action = &driver->actions[i];
        if (is_json) {
            print_action_json(driver, i);
            continue;
        }
        printf("    %2u  %-20s%s", i, action->name, action->irql ? "  at DISPATCH_LEVEL" : "");
        print_range("first", &action->first);
        print_range("second", &action->second);
        print_range("length", &action->length);
        putchar('\n');
    }
}

static void list_actions(bool is_json) {
    for (const struct pp_driver *const *at = pp_driver_list(); *at; at++) {
        if ((*at)->actions) {
            list_actions_of(*at, is_json);
        }
    }
}

static void list_pools(bool is_json) {
    for (uint32_t i = 0; i < pp_pool_count(); i++) {
        const struct pp_pool_functions *pool = pp_pool_at(i);
        if (!is_json) {
            printf("%s%s\n", pool->name, pool == &pp_pool_arena ? " (default)" : "");
            continue;
        }
        struct pp_json json = {.out = stdout};
        pp_json_open(&json, NULL, '{');
        pp_json_text(&json, "name", pool->name);
        pp_json_bool(&json, "is_default", pool == &pp_pool_arena);
        pp_json_end_line(&json);
    }
}

static void list_plans(bool is_json) {
    for (const struct pp_plan_info *info = pp_plan_infos; info->name; info++) {
        int length;
        const char *about = pp_plans_about(info, &length);
        if (!is_json) {
            printf("%-20s %.*s\n", info->name, length, about);
            continue;
        }
        char text[160];
        struct pp_json json = {.out = stdout};
        snprintf(text, sizeof text, "%.*s", length, about);
        pp_json_open(&json, NULL, '{');
        pp_json_text(&json, "name", info->name);
        pp_json_text(&json, "about", text);
        pp_json_text(&json, "text", info->text);
        pp_json_end_line(&json);
    }
}

static const struct {
    const char *name;
    void (*print)(bool is_json);
} lists[] = {{"rules", list_rules}, {"ops", list_ops},         {"points", list_points},
             {"plans", list_plans}, {"drivers", list_drivers}, {"actions", list_actions},
             {"pools", list_pools}};

int pp_verb_list(const struct pp_options *options) {
    if (options->operand_count != 1) {
        pp_complain("list", "takes one of rules, ops, points, plans, drivers, actions, pools");
        return PP_EXIT_BAD;
    }
    for (unsigned i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(lists[i].name, options->operands[0]) == 0) {
            lists[i].print(options->is_json);
            return PP_EXIT_CLEAN;
        }
    }
    pp_complain(options->operands[0],
                "no such list; there are rules, ops, points, plans, drivers, actions, pools");
    return PP_EXIT_BAD;
}
