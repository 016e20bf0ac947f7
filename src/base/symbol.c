// SPDX-License-Identifier: MIT
#include "base/symbol.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Present in builds with a sanitizer.
__attribute__((weak)) void __sanitizer_symbolize_pc(void *pc, const char *format, char *text,
                                                    size_t capacity);

struct symbol {
    uintptr_t start;
    uintptr_t end;
    const char *name;
};

struct table {
    struct symbol *symbols;  // by address
    size_t count;
};

static struct table functions;
static struct table variables;

static int by_start(const void *left, const void *right) {
    const struct symbol *a = left;
    const struct symbol *b = right;
    return (a->start > b->start) - (a->start < b->start);
}

// The main program comes first; its load address is 0 unless it is position independent.
static int take_load_address(struct dl_phdr_info *info, size_t size, void *ret_address) {
    (void)size;
    *(uintptr_t *)ret_address = info->dlpi_addr;
    return 1;
}

static const char *map_self(size_t *ret_size) {
    int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return NULL;
    }
    struct stat info;
    void *image = fstat(file, &info) == 0
                      ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, file, 0)
                      : MAP_FAILED;
    close(file);
    if (image == MAP_FAILED) {
        return NULL;
    }
    *ret_size = (size_t)info.st_size;
    return image;
}

// Fills a table with the symbols of that type of a section.
static void fill(struct table *table, unsigned type, const char *image, const Elf64_Shdr *section,
                 const char *strings, uintptr_t load_address) {
    const Elf64_Sym *entries = (const Elf64_Sym *)(image + section->sh_offset);
    size_t entry_count = section->sh_size / sizeof(Elf64_Sym);
    table->symbols = calloc(entry_count + 1, sizeof(*table->symbols));
    for (size_t i = 0; table->symbols != NULL && i < entry_count; i++) {
        if (ELF64_ST_TYPE(entries[i].st_info) == type && entries[i].st_size != 0) {
            uintptr_t start = load_address + entries[i].st_value;
            table->symbols[table->count++] = (struct symbol){
                .start = start, .end = start + entries[i].st_size, .name = strings + entries[i].st_name};
        }
    }
    qsort(table->symbols, table->count, sizeof(*table->symbols), by_start);
}

static void load(void) {
    static bool is_loaded;
    if (is_loaded) {
        return;
    }
    is_loaded = true;
    size_t size = 0;
    const char *image = map_self(&size);
    if (image == NULL || size < sizeof(Elf64_Ehdr)) {
        return;
    }
    uintptr_t load_address = 0;
    dl_iterate_phdr(take_load_address, &load_address);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(image + header->e_shoff);
    for (size_t i = 0; i < header->e_shnum; i++) {
        if (sections[i].sh_type == SHT_SYMTAB) {
            const char *strings = image + sections[sections[i].sh_link].sh_offset;
            fill(&functions, STT_FUNC, image, &sections[i], strings, load_address);
            fill(&variables, STT_OBJECT, image, &sections[i], strings, load_address);
            return;
        }
    }
}

static const struct symbol *find(const struct table *table, uintptr_t address) {
    size_t low = 0;
    size_t high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (table->symbols[middle].start <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && address < table->symbols[low - 1].end ? &table->symbols[low - 1] : NULL;
}

const char *pp_symbol_name(uintptr_t address) {
    load();
    const struct symbol *function = find(&functions, address);
    return function != NULL ? function->name : NULL;
}

const char *pp_symbol_variable(uintptr_t address, uintptr_t *ret_offset) {
    load();
    const struct symbol *variable = find(&variables, address);
    if (variable == NULL) {
        return NULL;
    }
    *ret_offset = address - variable->start;
    return variable->name;
}

void pp_symbol_describe(uintptr_t address, char *text, size_t capacity) {
    const char *name = pp_symbol_name(address - 1);
    snprintf(text, capacity, "%s", name != NULL ? name : "?");
    if (__sanitizer_symbolize_pc == NULL || name == NULL) {
        return;
    }
    char place[256] = {0};
    __sanitizer_symbolize_pc((void *)(address - 1), "%s:%l", place, sizeof(place));
    const char *slash = strrchr(place, '/');
    const char *file = slash != NULL ? slash + 1 : place;
    if (file[0] != '<' && file[0] != '\0') {
        snprintf(text, capacity, "%s %s", name, file);
    }
}
