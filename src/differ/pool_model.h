// SPDX-License-Identifier: MIT
// The model that a pool is compared with: integers and arrays, written from the documentation, knowing
// neither NDIS's headers nor any pool. It is asked what a call must do (judge), and then takes the call
// as done (apply). Objects are numbers; a number is never used again.
//
//   NBL --nb--> NB --next--> NB        NB --mdl--> MDL --next--> MDL        MDL: [start, + length) of a
//   buffer
//
// Where the documentation leaves open what a call does with what it is given (an NB whose chain has a
// freed MDL, say), the call is not made at all: is_skipped.
#pragma once
#include <poolproof/program.h>
#include <stdbool.h>
#include <stdint.h>

#define PP_MODEL_POOLS 256
#define PP_MODEL_NBLS 320
#define PP_MODEL_NBS 1024
#define PP_MODEL_MDLS 2048
#define PP_MODEL_BUFFERS 2048
#define PP_MODEL_OBJECTS 256
#define PP_MODEL_CONTEXTS 512
#define PP_MODEL_CONTENT (1u << 20)      // bytes of all buffers whose content is known
#define PP_MODEL_CONTENT_EACH 1024u      // longer buffers have none
#define PP_MODEL_INFOS 28                // entries of NetBufferListInfo
#define PP_MODEL_BLOCK_MAX (16u << 20)   // no block of memory is longer
#define PP_MODEL_MEMORY_MAX (20u << 20)  // all that a program may have made
#define PP_MODEL_DERIVED_NBS_MAX 64      // a call that would make more is skipped
#define PP_NONE (-1)

// An object that was freed remembers how much memory had been made by then (freed_at): while no more
// has, its memory cannot have been used again.
enum pp_life {
    PP_LIVE,
    PP_FREED,
    PP_LOST,  // nobody says whether it is still there; no call is made with it
};

enum pp_nbl_kind { PP_NBL_PLAIN, PP_NBL_CLONE, PP_NBL_FRAGMENT, PP_NBL_REASSEMBLED };

enum pp_nb_kind {
    PP_NB_OF_NBL,   // came with its NBL
    PP_NB_PLAIN,    // NdisAllocateNetBuffer
    PP_NB_DATA,     // NdisAllocateNetBufferMdlAndData
    PP_NB_DERIVED,  // of a derived NBL
};

enum pp_mdl_kind {
    PP_MDL_OF_NDIS,     // NdisAllocateMdl
    PP_MDL_OF_IO,       // IoAllocateMdl
    PP_MDL_OF_POOL,     // came with an NB
    PP_MDL_DERIVED,     // of a derived NBL
    PP_MDL_RETREAT,     // put in front by a retreat
    PP_MDL_OF_HANDLER,  // the same, made by the driver's handler
};

struct pp_model_pool {
    enum pp_life life;
    bool is_nb_pool;
    bool has_nb;
    uint32_t data_size;
    uint32_t context_size;
    uint8_t protocol;
    int owner;  // generic object, or PP_NONE
    uint32_t live_count;
    uint32_t freed_at;
};

// A block of context space; newest first.
struct pp_model_context {
    uint16_t size;
    uint16_t offset;
    int older;
};

// Context space that was taken by hand; newest first.
struct pp_model_take {
    uint16_t size;
    bool is_block;  // a block was pushed for it
    int older;
};

struct pp_model_nbl {
    enum pp_life life;
    enum pp_nbl_kind kind;
    int pool;  // PP_NONE: NDIS's own
    int parent;
    uint32_t child_count;
    uint32_t flags;  // of the clone
    uint32_t delta;  // of the fragments, of the reassembled
    int own_nb;      // the NB that came with it
    int nb;          // first of its list
    int context;
    int take;
    uint32_t freed_at;
    // What the driver writes.
    bool is_parent_set;
    int32_t child_ref_count;
    uint32_t own_flags, nbl_flags;
    uint64_t scratch;
    uint64_t info[PP_MODEL_INFOS];
};

struct pp_model_nb {
    enum pp_life life;
    enum pp_nb_kind kind;
    int pool;  // PP_NONE: NDIS's own
    int nbl;   // whose list it is in
    int next;
    int mdl;
    int current;
    uint32_t current_offset;
    uint32_t offset;
    uint64_t length;
    int64_t balance;         // bytes retreated and not advanced again
    int own_mdl;             // that came with it
    uint32_t retreat_count;  // MDLs in front that retreats have put there
    uint32_t derive_count;   // of these, by the derivation itself
    uint32_t freed_at;
};

struct pp_model_mdl {
    enum pp_life life;
    enum pp_mdl_kind kind;
    int buffer;
    uint32_t start;
    uint32_t length;
    uint32_t length_made;
    int next;
    int nb;     // MDLs of a retreat or a derivation: of which NB
    int owner;  // generic object, or PP_NONE
    uint32_t freed_at;
};

struct pp_model_buffer {
    enum pp_life life;
    bool is_drivers;  // NdisAllocateMemoryWithTagPriority
    bool has_tag;
    uint32_t size;
    int content;   // where in pp_model.content, or PP_NONE
    uint32_t low;  // address modulo a page: the player tells
    int owner;     // generic object, or PP_NONE
    uint32_t freed_at;
};

struct pp_model_object {
    enum pp_life life;
    uint32_t live_count;  // pools, MDLs and memory that it owns
    uint32_t freed_at;
};

struct pp_model {
    bool is_offset_zero;
    bool is_reusing;   // freed memory may be handed out again
    bool has_orphans;  // pools that were made with an owner that was gone
    uint32_t memory;   // bytes made so far
    int pool_count, nbl_count, nb_count, mdl_count, buffer_count, object_count, context_count,
        take_count;
    uint32_t content_size;
    struct pp_model_pool pools[PP_MODEL_POOLS];
    struct pp_model_nbl nbls[PP_MODEL_NBLS];
    struct pp_model_nb nbs[PP_MODEL_NBS];
    struct pp_model_mdl mdls[PP_MODEL_MDLS];
    struct pp_model_buffer buffers[PP_MODEL_BUFFERS];
    struct pp_model_object objects[PP_MODEL_OBJECTS];
    struct pp_model_context contexts[PP_MODEL_CONTEXTS];
    struct pp_model_take takes[PP_MODEL_CONTEXTS];
    uint8_t content[PP_MODEL_CONTENT];
};

extern struct pp_model pp_model;

// === A call ===

// Choices of pool_op.def that both the model and the player look into.
enum pp_header {
    PP_HEADER_RIGHT,
    PP_HEADER_WITH_FLAGS,
    PP_HEADER_VERIFY,
    PP_HEADER_FLAGS_OUTSIDE,
    PP_HEADER_NO_TAG,
    PP_HEADER_TYPE,
    PP_HEADER_REVISION,
    PP_HEADER_SHORT,
};
enum pp_handler {
    PP_HANDLER_NONE,
    PP_HANDLER_EXACT,
    PP_HANDLER_MORE,
    PP_HANDLER_FAILS,
    PP_HANDLER_WITHOUT_FREE,
};
enum pp_field { PP_FIELD_OFFSET, PP_FIELD_LENGTH, PP_FIELD_CURRENT_OFFSET };
enum pp_give_back { PP_GIVE_PLAIN, PP_GIVE_WITH_TAG, PP_GIVE_WRONG_TAG, PP_GIVE_WRONG_FLAGS };

#define PP_HANDLER_SURPLUS 8u        // bytes that the driver's handler gives with PP_HANDLER_MORE
#define PP_HANDLER_MAX (256u << 10)  // it has no more

// What is passed in place of an object.
enum pp_passed {
    PP_PASS_RIGHT,     // the object, live
    PP_PASS_FREED,     // the object, freed
    PP_PASS_NULL,      // NULL
    PP_PASS_STRANGER,  // memory that no allocator made, or an address inside an object
    PP_PASS_OTHER,     // an object of another kind
    PP_PASS_NOTHING,   // an optional pool that is not given
};

struct pp_operand {
    enum pp_passed passed;
    int id;  // valid if RIGHT or FREED
};

// An op with its handles resolved and its numbers as they are passed. Each family of calls has its own.
struct pp_call {
    uint8_t kind;  // enum pp_pool_op_kind
    struct pp_operand object;
    struct pp_operand second;  // another object, or the NBL pool of a derivation
    struct pp_operand third;   // the NB pool of a derivation
    union {
        uint32_t size;
        uint32_t offset;
        uint32_t delta;
        uint32_t index;
    };
    union {
        uint32_t length;
        uint32_t backfill;
        uint32_t bytes;
        uint32_t value;
    };
    uint32_t context, context_backfill;  // of an NBL
    uint32_t start, max;                 // of a derivation
    uint32_t from_offset;                // of a copy
    uint32_t flags;
    uint32_t align;
    uint8_t choice;   // the op's own: field, path, place, header ...
    uint8_t handler;  // of a retreat; of an advance: 1 if there is one
    bool has_nb, has_tag, has_storage, free_mdl, is_same;
};

enum pp_result {
    PP_RESULT_NONE,     // the function returns nothing
    PP_RESULT_STATUS,   // of SUCCESS
    PP_RESULT_MADE,     // something new
    PP_RESULT_NUMBER,   // `value`, or anything up to `value_max`
    PP_RESULT_POOL,     // the pool `id`; PP_NONE: any
    PP_RESULT_ADDRESS,  // `value` bytes into buffer `id`
    PP_RESULT_STORAGE,  // Storage, with the bytes of the NB
};

#define PP_EXPECT_RULES 4

struct pp_expect {
    bool is_skipped;
    bool is_driver;  // nothing is called: the driver writes
    bool fails;      // returns NULL or RESOURCES without any fault
    uint8_t rule_count;
    const char *rules[PP_EXPECT_RULES];  // the call must be refused for one of these
    bool may_pass;                       // or may be taken as legal
    uint8_t advice_count;
    const char *advice[PP_EXPECT_RULES];  // exactly these are counted
    const char *rule_if_failed;           // NULL, or broken if a piece fails that is not the first
    int point;                            // enum pp_point, or PP_NONE
    uint32_t ask_count;                   // calls of that point
    enum pp_result result;
    int id;
    uint64_t value, value_max;
    bool or_address;  // Storage or NULL is expected, an address into the buffer is as good
};

void pp_pool_model_reset(void);

// What the call must do. Changes nothing.
void pp_pool_model_judge(const struct pp_call *call, struct pp_expect *ret_expect);

// The call has been made, and has done what was expected. Returns the number of what it made, or
// PP_NONE.
int pp_pool_model_apply(const struct pp_call *call);

// === What both the model and the player need ===

// Bytes of an MDL chain.
uint64_t pp_pool_model_chain_bytes(int mdl);

// Where byte `offset` of a chain is.
void pp_pool_model_position(int mdl, uint32_t offset, int *ret_mdl, uint32_t *ret_offset);

enum pp_nb_state {
    PP_NB_GOOD,
    PP_NB_BROKEN,   // something in its chain is freed
    PP_NB_LONG,     // its data is not all in its chain
    PP_NB_ASTRAY,   // CurrentMdl is not where DataOffset points
    PP_NB_UNCLEAR,  // CurrentMdl is another name for where DataOffset points, or an MDL has no bytes
};
enum pp_nb_state pp_pool_model_nb_state(int nb);

// Copies `bytes` of used data from `from` on to *ret_bytes. False if some of it is not known.
bool pp_pool_model_read(int nb, uint32_t bytes, uint8_t *ret_bytes);

// The byte that a driver has written at `offset` of a buffer when it got it.
uint8_t pp_pool_model_pattern(int buffer, uint32_t offset);

// The number of NBs in an NBL, and the index-th of them.
uint32_t pp_pool_model_nb_count(int nbl);
int pp_pool_model_nb_at(int nbl, uint32_t index);

// True if a copy of the information of an NBL is known to copy this entry; the others may be copied.
bool pp_pool_model_info_is_copied(bool is_receive, uint32_t index);
