// The C library's functions that change a disk, with a watcher before the real ones.
#include "disk_calls.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>

namespace mogshare::disk_calls {

namespace {

std::atomic<watcher*> current{nullptr};
thread_local bool inside = false;

/// The next function of that name after this one: the library's.
template <class Function>
Function* real(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Lets the watcher judge, makes the call, tells the watcher. `go` makes it and returns less than 0 where it failed.
template <class Go>
auto judged(call made, Go go) -> decltype(go(made)) {
    watcher* const by = current.load();
    if (by == nullptr || inside) return go(made);
    inside = true;
    const verdict said = by->before(made);
    inside = false;
    if (said.error != 0) {
        errno = said.error;
        return -1;
    }
    made.count_bytes = std::min(made.count_bytes, said.first_bytes);
    const auto got = said.skipped ? decltype(go(made)){0} : go(made);
    if (got < 0) return got;
    const int kept = errno;
    if (made.what == kind::create) made.file = static_cast<int>(got);
    if (made.what == kind::write) made.count_bytes = static_cast<std::size_t>(got);
    inside = true;
    by->after(made);
    inside = false;
    errno = kept;
    return got;
}

bool creates(int flags) {
    return (flags & O_CREAT) != 0;
}

}  // namespace

void watch(watcher* by) {
    current = by;
}

}  // namespace mogshare::disk_calls

using mogshare::disk_calls::call;
using mogshare::disk_calls::judged;
using mogshare::disk_calls::kind;
using mogshare::disk_calls::real;

// Under names of their own for the compiler, since the library's declarations promise what no definition can.
extern "C" {
int seen_open(const char* path, int flags, ...) __asm__("open");
int seen_openat(int folder, const char* path, int flags, ...) __asm__("openat");
ssize_t seen_pwrite(int file, const void* data, std::size_t count, off_t at) __asm__("pwrite");
int seen_ftruncate(int file, off_t size) __asm__("ftruncate");
int seen_fsync(int file) __asm__("fsync");
int seen_renameat(int from, const char* name, int to, const char* to_name) __asm__("renameat");
int seen_renameat2(int from, const char* name, int to, const char* to_name, unsigned flags) __asm__("renameat2");
int seen_linkat(int from, const char* name, int to, const char* to_name, int flags) __asm__("linkat");
int seen_unlinkat(int folder, const char* name, int flags) __asm__("unlinkat");
int seen_mkdirat(int folder, const char* name, mode_t mode) __asm__("mkdirat");
int seen_mkdir(const char* path, mode_t mode) __asm__("mkdir");

int seen_openat(int folder, const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = mogshare::disk_calls::creates(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    const auto go = [=](const call&) {
        return real<int(int, const char*, int, mode_t)>("openat")(folder, path, flags, mode);
    };
    if (!mogshare::disk_calls::creates(flags)) return go({});
    call made;
    made.what = kind::create;
    made.folder = folder;
    made.name = path;
    return judged(made, go);
}

int seen_open(const char* path, int flags, ...) {
    std::va_list rest;
    va_start(rest, flags);
    const mode_t mode = mogshare::disk_calls::creates(flags) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return seen_openat(AT_FDCWD, path, flags, mode);
}

ssize_t seen_pwrite(int file, const void* data, std::size_t count, off_t at) {
    call made;
    made.what = kind::write;
    made.file = file;
    made.data = data;
    made.count_bytes = count;
    made.at = at;
    return judged(made, [](const call& fit) {
        return real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite")(fit.file, fit.data, fit.count_bytes,
                                                                             fit.at);
    });
}

int seen_ftruncate(int file, off_t size) {
    call made;
    made.what = kind::resize;
    made.file = file;
    made.at = size;
    return judged(made, [](const call& fit) { return real<int(int, off_t)>("ftruncate")(fit.file, fit.at); });
}

int seen_fsync(int file) {
    call made;
    made.file = file;
    return judged(made, [](const call& fit) { return real<int(int)>("fsync")(fit.file); });
}

int seen_renameat2(int from, const char* name, int to, const char* to_name, unsigned flags) {
    call made;
    made.what = kind::rename;
    made.folder = from;
    made.name = name;
    made.to_folder = to;
    made.to_name = to_name;
    return judged(made, [=](const call&) {
        return real<int(int, const char*, int, const char*, unsigned)>("renameat2")(from, name, to, to_name, flags);
    });
}

int seen_renameat(int from, const char* name, int to, const char* to_name) {
    return seen_renameat2(from, name, to, to_name, 0);
}

int seen_linkat(int from, const char* name, int to, const char* to_name, int flags) {
    call made;
    made.what = kind::link;
    made.folder = from;
    made.name = name;
    made.to_folder = to;
    made.to_name = to_name;
    return judged(made, [=](const call&) {
        return real<int(int, const char*, int, const char*, int)>("linkat")(from, name, to, to_name, flags);
    });
}

int seen_unlinkat(int folder, const char* name, int flags) {
    call made;
    made.what = kind::remove;
    made.folder = folder;
    made.name = name;
    return judged(made, [=](const call&) { return real<int(int, const char*, int)>("unlinkat")(folder, name, flags); });
}

int seen_mkdirat(int folder, const char* name, mode_t mode) {
    call made;
    made.what = kind::make_folder;
    made.folder = folder;
    made.name = name;
    return judged(made,
                  [=](const call&) { return real<int(int, const char*, mode_t)>("mkdirat")(folder, name, mode); });
}

int seen_mkdir(const char* path, mode_t mode) {
    return seen_mkdirat(AT_FDCWD, path, mode);
}
}
