#!/usr/bin/env python3
"""Holds the house's rules: who may include whom, what the pure layers may not touch, how long files and functions may be.

Without arguments: checks this source tree. --self-test: plants one fault of each kind in a temporary tree and shows that it is
found, and that a tree without faults passes.
"""

import re
import sys
import tempfile
from pathlib import Path

USES = {
    "base": set(),
    "secure": {"base"},
    "wire": {"base"},
    "content": {"base"},
    "core": {"base", "wire", "content"},
    "trace": {"base", "wire", "content", "core"},
    "store": {"base", "secure", "content"},
    "runtime": {"base", "secure", "wire", "content", "core", "trace", "store"},
    "app": {"base", "secure", "wire", "content", "core", "trace", "store", "runtime"},
}
PURE = {"base", "secure", "wire", "content", "core", "trace"}
LIBRARIES = {  # an include that begins so: the layers that may have it
    "asio": {"runtime", "app"},
    "boost/": set(),
    "openssl/": {"base", "secure", "runtime"},
    "zxcvbn.h": {"secure"},
    "toml++/": {"app"},
    "CLI/": {"app"},
    "nlohmann/": {"store", "app"},
    "readline/": {"app"},
}
IMPURE_INCLUDES = re.compile(
    r"(filesystem|fstream|thread|mutex|shared_mutex|condition_variable|future|iostream|cstdio|stdio\.h|ctime|time\.h|fcntl\.h|"
    r"unistd\.h|pthread\.h|netdb\.h|poll\.h|dirent\.h|sys/.*|netinet/.*|linux/.*)"
)
IMPURE_CALLS = re.compile(
    r"::now\s*\(|\brandom_device\b|\bmt19937|\b(?:s?rand|random|getrandom|getenv|secure_getenv|time|clock|clock_gettime|"
    r"gettimeofday|localtime|gmtime|sleep|usleep|nanosleep|sleep_for|sleep_until|fopen|system)\s*\("
)
WALL_CLOCK = re.compile(
    r"\b(?:system|file|utc|tai|gps)_clock\b|\bCLOCK_REALTIME\b|\b(?:time|gettimeofday|localtime|gmtime|strftime)(?:_r)?\s*\("
)
FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70


def without_comments_and_texts(source):
    """The source with comments, string and character literals blanked, line for line."""
    pattern = re.compile(
        r'(?P<include>^[ \t]*\#[ \t]*include[^\n]*)|//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'
        r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
        re.DOTALL | re.MULTILINE,
    )
    def blank(match):
        return match.group() if match.group("include") else "\n" * match.group().count("\n") or " "
    return pattern.sub(blank, source)


def included_faults(layer, name):
    own = re.match(r"(?:mogshare/)?(\w+)/", name)
    if own and own.group(1) in USES and own.group(1) != layer and own.group(1) not in USES[layer]:
        yield f"{layer} may not include {own.group(1)} ({name})"
    for prefix, allowed in LIBRARIES.items():
        if name.startswith(prefix) and layer not in allowed:
            yield f"{layer} may not include {name}"
    if layer in PURE and IMPURE_INCLUDES.fullmatch(name):
        yield f"{layer} may not include <{name}>: no file, clock, thread or socket there"


def layer_faults(layer, code):
    for number, line in enumerate(code.split("\n"), 1):
        included = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
        if included:
            yield from ((number, fault) for fault in included_faults(layer, included.group(1)))
        elif layer in PURE and IMPURE_CALLS.search(line):
            yield number, f"{layer} may not use '{IMPURE_CALLS.search(line).group().strip()}': time and chance are arguments"
        elif WALL_CLOCK.search(line):
            yield number, f"{layer} may not use '{WALL_CLOCK.search(line).group().strip()}': no time of day decides anything"


def function_faults(code):
    """Blocks that begin after a `)` and are no part of another such block are functions (or test cases)."""
    opened, head, line, inside = [], "", 1, None
    for char in code:
        if char == "\n":
            line += 1
        if char == "{":
            is_function = inside is None and re.search(r"\)[\w\s:&<>,*{}().\->]*$", head) and not re.search(r"\bnamespace\b", head)
            opened.append(line if is_function else None)
            if is_function:
                inside = len(opened)
        elif char == "}" and opened:
            begin = opened.pop()
            if inside is not None and len(opened) < inside:
                inside = None
                if line - begin + 1 > FUNCTION_LINES_MAX:
                    yield begin, f"function of {line - begin + 1} lines; at most {FUNCTION_LINES_MAX}"
        head = "" if char in ";{}" else head + char


def faults_in(root):
    for top in ("include", "src", "tests", "fuzz"):
        for path in sorted((root / top).rglob("*.[ch]pp")):
            source = path.read_text(encoding="utf-8")
            code = without_comments_and_texts(source)
            parts = path.relative_to(root).parts
            layer = parts[2] if parts[:2] == ("include", "mogshare") else parts[1]
            found = list(layer_faults(layer, code)) if top in ("include", "src") and layer in USES else []
            found += function_faults(code)
            if source.count("\n") > FILE_LINES_MAX:
                found.append((FILE_LINES_MAX, f"file of {source.count(chr(10))} lines; at most {FILE_LINES_MAX}"))
            yield from (f"{path.relative_to(root)}:{number}: {fault}" for number, fault in found)


CLEAN = """#include "mogshare/base/ids.hpp"
#include <vector>
// a comment may say asio, ::now( and std::random_device
namespace mogshare::core {
const char* text() { return "time( ::now( rand("; }
inline int run_time(int now) { return now; }
}
"""
PLANTED = {  # where, what, and a part of the message that must come
    "a layer above": ("include/mogshare/wire/x.hpp", '#include "mogshare/core/peer.hpp"', "wire may not include core"),
    "a layer beside": ("src/content/x.cpp", '#include "mogshare/wire/codec.hpp"', "content may not include wire"),
    "a private header above": ("src/store/x.cpp", '#include "runtime/workers.hpp"', "store may not include runtime"),
    "asio in core": ("src/core/x.cpp", "#include <asio/ip/tcp.hpp>", "core may not include asio"),
    "asio in store": ("src/store/x.cpp", "#  include <asio.hpp>", "store may not include asio"),
    "openssl in core": ("src/core/x.cpp", "#include <openssl/evp.h>", "core may not include openssl"),
    "openssl in app": ("src/app/x.cpp", "#include <openssl/ssl.h>", "app may not include openssl"),
    "files in secure": ("src/secure/x.cpp", "#include <fstream>", "secure may not include <fstream>"),
    "content in secure": ("src/secure/x.cpp", '#include "mogshare/content/names.hpp"', "secure may not include content"),
    "toml++ in store": ("src/store/x.cpp", "#include <toml++/toml.h>", "store may not include toml++"),
    "json in core": ("src/core/x.cpp", "#include <nlohmann/json.hpp>", "core may not include nlohmann"),
    "files in content": ("src/content/x.cpp", "#include <filesystem>", "content may not include <filesystem>"),
    "streams in base": ("src/base/x.cpp", "#include <fstream>", "base may not include <fstream>"),
    "threads in core": ("include/mogshare/core/x.hpp", "#include <mutex>", "core may not include <mutex>"),
    "sockets in wire": ("src/wire/x.cpp", "#include <sys/socket.h>", "wire may not include <sys/socket.h>"),
    "core above": ("src/core/x.cpp", '#include "mogshare/trace/replay.hpp"', "core may not include trace"),
    "files in trace": ("src/trace/x.cpp", "#include <fstream>", "trace may not include <fstream>"),
    "a clock": ("src/core/x.cpp", "auto t = std::chrono::steady_clock::now();", "may not use '::now('"),
    "chance": ("src/core/x.cpp", "std::random_device d;", "may not use 'random_device'"),
    "rand": ("src/wire/x.cpp", "int r = rand ();", "may not use 'rand ('"),
    "environment": ("src/base/x.cpp", 'auto e = std::getenv("HOME");', "may not use 'getenv('"),
    "wall clock": ("src/content/x.cpp", "auto t = time(nullptr);", "may not use 'time('"),
    "the time of day": ("src/runtime/x.cpp", "auto t = std::chrono::system_clock::now();", "may not use 'system_clock'"),
    "a date": ("src/app/x.cpp", "auto t = localtime_r(&seen, &into);", "may not use 'localtime_r('"),
    "a long function": ("src/app/x.cpp", "int f(int a) const noexcept {\n" + "a();\n" * 70 + "}", "function of 72 lines"),
    "a long constructor": ("src/app/x.cpp", "x::x(int a) : a_{a}, b_(1) {\n" + "if (a) { b(); }\n" * 70 + "}", "function of 72 lines"),
    "a long file": ("tests/unit/x_test.cpp", "int x;\n" * 501, "file of 50"),
}


def faults_of_tree(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return list(faults_in(Path(folder)))


def self_test():
    clean = {"src/core/clean.cpp": CLEAN, "src/runtime/clean.cpp": "#include <asio.hpp>\nauto t = clock::now();\n"}
    clean["src/app/long_class.cpp"] = "class x {\n" + "int f() { return 1; }\n" * 200 + "};\n"
    missed = [f"a clean tree: {fault}" for fault in faults_of_tree(clean)]
    for name, (path, text, message) in PLANTED.items():
        found = faults_of_tree({**clean, path: CLEAN.replace("core", "x") + text + "\n"})
        if len(found) != 1 or message not in found[0]:
            missed.append(f"{name}: expected '{message}', found {found}")
    for line in missed:
        print(line)
    print(f"{len(PLANTED)} planted faults, {len(missed)} wrong")
    return not missed


def main():
    if sys.argv[1:] == ["--self-test"]:
        return 0 if self_test() else 1
    found = list(faults_in(Path(__file__).resolve().parent.parent))
    for fault in found:
        print(fault)
    print(f"layers: {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
