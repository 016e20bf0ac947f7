// SPDX-License-Identifier: MIT
// What the files of the player share: which object of the model is where, and how a difference is said.
//
//   calls.c     an op of the program becomes a call: objects found, numbers as they are passed
//   perform.c   the call is made
//   compare.c   what is there is held against the model
//   ending.c    everything that is left is freed
//   player.c     the world around it, and the order of these for each op
#pragma once
#include "differ/pool_model.h"

#include <ndis.h>
#include <poolproof/differ.h>

#define PP_LETTERS 7
#define PP_STORAGE_BYTES 65536u
#define PP_STRANGER_BYTES 1024

// Where the objects of the model are; NULL: not known yet.
struct pp_places {
    void *pools[PP_MODEL_POOLS];
    NET_BUFFER_LIST *nbls[PP_MODEL_NBLS];
    NET_BUFFER *nbs[PP_MODEL_NBS];
    MDL *mdls[PP_MODEL_MDLS];
    uint8_t *buffers[PP_MODEL_BUFFERS];
    void *objects[PP_MODEL_OBJECTS];
};

// What the program's names stand for: a letter and a number for an object of the model.
struct pp_slots {
    uint16_t counts[PP_LETTERS];
    int16_t ids[PP_LETTERS][PP_PROGRAM_OPS_MAX];
};

struct pp_play {
    struct pp_differ_options options;
    const struct pp_program *program;
    struct pp_finding *finding;  // filled in with the first difference
    bool is_different;
    bool is_over;    // nothing more is played
    bool is_traced;  // every event is kept
    bool is_astray;  // without rules, a rule has been broken: a difference is none any more
    uint16_t op;
    const char *word;         // of the op
    uint8_t *stack;           // zeroed memory on the stack
    const char *reported[4];  // rules, by the call being made
    uint32_t reported_count;
    uint32_t abandoned_count;  // MDLs of the driver's handler that a failed retreat could not free
    uint32_t played_count;
    uint32_t event_count;
    uint64_t digest;
    struct pp_slots slots;  // last: only what is used of it is ever written
};

extern struct pp_play pp_play;
extern struct pp_places pp_places;

// A call with the addresses that are passed.
struct pp_passing {
    struct pp_call call;
    void *object;
    void *second;
    void *third;
};

// What a call has returned.
struct pp_answer {
    NDIS_STATUS status;
    void *pointer;
    uint64_t number;
    void *storage;  // what was passed, or NULL
};

// === calls.c ===

// The call of an op; false: it cannot be made.
bool pp_call_of(const struct pp_op *op, struct pp_passing *ret_passing);

// Fills in the addresses of a call whose objects are all right.
void pp_call_address(struct pp_passing *passing);

// What kinds of objects a call is about.
enum pp_letter {
    PP_LETTER_P,
    PP_LETTER_Q,
    PP_LETTER_N,
    PP_LETTER_K,
    PP_LETTER_D,
    PP_LETTER_V,
    PP_LETTER_G
};
struct pp_call_info {
    const char *word;
    int8_t result;  // enum pp_letter of what it names, or PP_NONE
    uint8_t handle_count;
    int8_t letters[3];  // of its handles
};
extern struct pp_call_info pp_call_infos[];
void pp_call_begin(void);

// === perform.c ===

void pp_perform(const struct pp_passing *passing, struct pp_answer *ret_answer);

// What the driver writes itself; what it writes is what the model has.
void pp_write(const struct pp_call *call);

// MDLs of the driver's handler that it has not got back.
uint32_t pp_handler_count(void);
bool pp_handler_is_wrong(void);
void pp_handler_reset(void);
void pp_handler_give_back(void);

// === compare.c ===

// Says a difference, unless one has been said.
void pp_differs(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Holds an object, and all that hangs on it, against the model; learns where it is if it is new.
void pp_compare_nbl(int nbl);
void pp_compare_nb(int nb);
void pp_compare_mdl(int mdl);
void pp_compare_all(void);
void pp_compare_content(int nb);
void pp_compare_info_copy(const struct pp_call *call);
// What is new, made by a call that was given this.
void pp_place(enum pp_letter letter, int id, void *pointer);

// === ending.c ===

// Frees everything that lives, in an order that is right.
void pp_play_ending(void);

// === player.c ===

// Makes a call and compares. Returns what it made, or PP_NONE.
int pp_play_call(struct pp_passing *passing);

void pp_play_program(const struct pp_pool_functions *pool, const struct pp_program *program,
                     const struct pp_differ_options *options, bool is_traced,
                     struct pp_verdict *ret_verdict);
