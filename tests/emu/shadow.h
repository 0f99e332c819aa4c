// SPDX-License-Identifier: BSD-3-Clause
/* shadow.h - what the checker keeps about every 4 bytes of device and shared memory. */
#ifndef EMU_SHADOW_H
#define EMU_SHADOW_H

#include <cstddef>
#include <cstdint>

namespace emu
{
enum memory_space { GLOBAL, SHARED };

/* Who touched a word last, packed: there are three of these per word. */
struct access_record {
    uint32_t segment;  /* stretch between two barriers of one block; 0: nobody */
    uint32_t code;     /* place in the kernel, as an offset in this library */
    uint32_t time;     /* the lane's own clock */
    uint16_t thread;   /* in its block */
    uint8_t bytes : 4; /* which of the four */
    uint8_t atomic : 1;
};

struct word_history {
    access_record write, read, earlier_read; /* two readers are remembered: a third may be missed */
};

struct shared_word {
    word_history history;
    uint32_t block_stamp; /* the defined bits are of the block that began with this segment */
    uint8_t defined : 4;
};

/* One region of words with their shadow. */
struct word_span {
    char *start;
    size_t bytes;
    size_t index(const void *p) const
    {
        return size_t(static_cast<const char *>(p) - start) >> 2;
    }
    bool holds(const void *p) const
    {
        return size_t(static_cast<const char *>(p) - start) < bytes;
    }
};

/* Global memory: shadow pages appear when they are first touched. State byte: low nibble defined, high nibble
 * allocated. */
struct global_shadow {
    word_span span = {};
    uint8_t *state = nullptr;
    word_history *history = nullptr;
    void cover(char *start, size_t bytes);
    void set_allocated(const void *p, size_t bytes, bool there);
    void set_defined(const void *p, size_t bytes);
    /* First undefined byte of the range, or nullptr. */
    const void *first_undefined(const void *p, size_t bytes) const;
    void forget(const void *p, size_t bytes);
    ~global_shadow();
};

/* Bits of the word at p that an access of `bytes` bytes from p touches. */
inline uint8_t byte_mask(const void *p, size_t bytes)
{
    const size_t first = reinterpret_cast<uintptr_t>(p) & 3, last = first + bytes > 4 ? 4 : first + bytes;
    return uint8_t(((1u << (last - first)) - 1) << first);
}
} // namespace emu

#endif
