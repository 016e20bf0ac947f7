// SPDX-License-Identifier: MIT
// The command line: finds the verb and its options. Exit 0: clean, 1: finding, 2: bad usage or
// input.
#include "complaint.h"
#include "load.h"
#include "verb.h"

#include <poolproof/program.h>

#include <stdio.h>
#include <string.h>

#ifndef PP_VERSION
#define PP_VERSION "development"
#endif

static const struct verb {
    const char *name;
    const char *operands;
    const char *about;
    const char *letters;  // of the options it takes
    int (*play)(const struct pp_options *options);
    const char *help;
} verbs[] = {
    {"fuzz", "[CORPUS_DIR [SEED_DIR...]]", "look for programs that make the driver break a rule",
     "cdflprstvy", pp_verb_fuzz,
     "Makes programs, plays them against the driver and keeps each finding, until the time or the\n"
     "runs are used up or Ctrl-C is pressed. New programs that reach new code are written to\n"
     "CORPUS_DIR and read back next time; SEED_DIRs are only read. Seeds may be text.\n"
     "\n"
     "  --driver NAME    the driver to play against (\"list drivers\" shows them)\n"
     "  --pool NAME      make pool programs and play them on that pool (\"list pools\" shows them);\n"
     "                   without directories they begin with those of corpus/seeds/pool\n"
     "  --strict         rules that are only counted are findings, too\n"
     "  --values FILE    values to try in arguments, besides those that the driver compares with: a\n"
     "                   number, or CTL_CODE(device type, function, method, access), a line\n"
     "  --plan PLAN      give each program the faults of that plan (\"list plans\"), or of a file\n"
     "  --feedback WHAT  what new programs are kept for: faults (default), new code and new ways in\n"
     "                   which calls fail; or code alone\n"
     "  --seconds N      stop after N seconds\n"
     "  --runs N         stop after N runs\n"
     "  --seed N         begin at this random seed, to do the same again\n"
     "  --findings DIR   keep findings there (default: findings), one folder for each title:\n"
     "                   program.prog, the smallest program so far; input, its bytes; report.txt\n"
     "\n"
     "Once a second a line goes to stderr: to a terminal in words, elsewhere \"status {...}\" as "
     "JSON.\n"},
    {"run", "FILE|DIR...", "play programs against the driver or on a pool", "cdefgjlnps", pp_verb_run,
     "Plays each program once and prints a line for it, or the report of what it found. A program\n"
     "is text or binary; of a DIR, all files in it and below are played, but hidden ones and "
     "those\n"
     "with an extension other than .prog.\n"
     "\n"
     "  --driver NAME    the driver to play against (\"list drivers\" shows them)\n"
     "  --pool NAME      the pool to play pool programs on (default: arena; \"list pools\" shows\n"
     "                   them); binary programs are pool programs then\n"
     "  --strict         rules that are only counted are findings, too\n"
     "  --json           print a JSON object for each program, on one line\n"
     "  --findings DIR   keep findings there too, as \"fuzz\" does\n"
     "  --plan PLAN      give each program the faults of that plan (\"list plans\"), or of a file;\n"
     "                   what is found is kept as with --findings, as a program with these faults\n"
     "  --schedules N    try up to N schedules of each program; what one finds is kept as with\n"
     "                   --findings, as a program with its scheduling choices written down\n"
     "  --strategy NAME  who goes on where: pct:DEPTH (default: pct:3), delay:DEPTH, random, robin\n"
     "  --seed N         of the strategy (default: 0)\n"
     "  --coverage       tell at the end how much of the driver ran, by each of its entries\n"},
    {"faults", "FILE|DIR...", "play programs with each fault that they can have", "abcdfjkluCRV",
     pp_verb_faults,
     "Plays each program as it is, then with each fault and each outcome that its ops could have been\n"
     "told: for one call, and from that call on. It stops at the first finding of a program and keeps\n"
     "it, as a program with the faults written down. FILE and DIR are as with \"run\".\n"
     "\n"
     "  --driver NAME    the driver to play against (\"list drivers\" shows them)\n"
     "  --k N            then with up to N of them at once, 1 to 3 (default: 1)\n"
     "  --plan PLAN      beside the faults of that plan (\"list plans\"), or of a file\n"
     "  --no-prune       try each call of a fault point; else only the first of those that are alike:\n"
     "                   same call stack, and the op and the world in the same state\n"
     "  --jobs N         play with N processes; what comes of it is the same (default: 1)\n"
     "  --all            go on after a finding, for others of the same program\n"
     "  --strict         rules that are only counted are findings, too\n"
     "  --json           print a JSON object for each program, on one line\n"
     "  --findings DIR   keep findings there (default: findings)\n"
     "  --certificate FILE  write there, at the end, what was tried and what came of it\n"
     "  --resume FILE    note there what is finished, and leave out what a session before this one has\n"
     "                   noted; it must have been the same command, with the same build\n"
     "  --verify FILE    instead of playing FILEs and DIRs: do all again that this certificate speaks\n"
     "                   of, and compare; exit status 1 if anything differs. It must be of this build\n"
     "                   and of unchanged programs; only --jobs can be given\n"},
    {"show", "FILE...", "print programs as text", "lp", pp_verb_show,
     "Prints each program, text or binary, in its text form with defaults left out.\n"
     "\n"
     "  --plan PLAN      with the faults of that plan (\"list plans\"), or of a file\n"
     "  --pool NAME      binary programs are pool programs\n"},
    {"pack", "FILE... -o DIR", "turn programs into their binary form", "opx", pp_verb_pack,
     "Writes each program into DIR in its binary form, as fuzzing engines read it, under the\n"
     "file's name without \".prog\".\n"
     "\n"
     "  -o, --output DIR  where to; made if it is not there\n"
     "  --digest          name the files by the XXH64 digest of their bytes, so that equal\n"
     "                    programs become one file\n"
     "  --pool NAME       binary programs are pool programs\n"},
    {"list", "rules|ops|points|plans|drivers|actions|pools", "print what there is", "j", pp_verb_list,
     "  rules      what is checked, with the page that says so\n"
     "  ops        what programs are made of, for each language of them\n"
     "  points     where a program can make a call of the driver fail or give another answer\n"
     "  plans      faults for all programs, for --plan\n"
     "  drivers    the drivers in this binary; a planted one is made to be found, by its title\n"
     "  actions    what others can call of a driver, as programs number it\n"
     "  pools      the pools in this binary\n"
     "\n"
     "  --json     print a JSON object for each, on one line\n"},
};

#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static void print_help(const char *program) {
    printf("%s finds what NDIS drivers do wrong with their buffer pools: it plays programs of driver\n"
           "events (bind, send, complete, unbind, failing allocations ...) against real driver "
           "source\n"
           "and checks the rules of the NDIS contract all the while.\n"
           "\n"
           "usage: %s VERB [OPTION...] [OPERAND...]\n\n",
           pp_load_base_name(program), program);
    for (unsigned i = 0; i < VERB_COUNT; i++) {
        printf("  %-6s %-31s %s\n", verbs[i].name, verbs[i].operands, verbs[i].about);
    }
    printf("\n"
           "  %s VERB --help   says more about a verb\n"
           "  %s --version\n"
           "\n"
           "To begin with: \"%s fuzz --seconds 10\", then \"%s run\" on a program.prog below "
           "findings/.\n"
           "Exit status: 0 clean, 1 finding, 2 bad usage or bad input (then findings are printed "
           "too).\n",
           program, program, program, program);
}

static void print_verb_help(const char *program, const struct verb *verb) {
    printf("usage: %s %s %s%s\n%c%s.\n\n%s", program, verb->name, *verb->letters ? "[OPTION...] " : "",
           verb->operands, verb->about[0] - 'a' + 'A', verb->about + 1, verb->help);
}

static const struct verb *find_verb(const char *name) {
    for (unsigned i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

static int play(int argc, char **argv) {
    if (argc < 2) {
        pp_complain(argv[0], "a verb is missing; --help shows those there are");
        return PP_EXIT_BAD;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(argv[0]);
        return PP_EXIT_CLEAN;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("poolproof %s, program format %d\n", PP_VERSION, PP_PROGRAM_VERSION);
        return PP_EXIT_CLEAN;
    }
    const struct verb *verb = find_verb(argv[1]);
    struct pp_options options;
    if (!verb) {
        pp_complain(argv[1], "unknown verb; --help shows those there are");
        return PP_EXIT_BAD;
    }
    if (!pp_options_parse(argc, argv, verb->letters, &options)) {
        return PP_EXIT_BAD;
    }
    if (options.is_help) {
        print_verb_help(argv[0], verb);
        return PP_EXIT_CLEAN;
    }
    return verb->play(&options);
}

int main(int argc, char **argv) {
    int status = play(argc, argv);
    return pp_complain_about_stdout() ? status : PP_EXIT_BAD;
}
