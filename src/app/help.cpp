#include "app/help.hpp"

#include <array>

namespace mogshare::app {

namespace {

struct command_help {
    std::string_view command;
    std::string_view text;
};

constexpr std::string_view program_help = R"(mogshare - find and fetch any file on any machine of your network

Usage: mogshare [OPTION...]                      a peer with a prompt
       mogshare [OPTION...] COMMAND [ARGUMENT...]

Commands:
  serve                    a peer without a prompt, until SIGINT or SIGTERM
  search WORD...           search the network, print what was found, and end
  get NAME | CONTENT-ID    search, download from the fastest source, and end
  status                   this home: the peer's id, network and port
  id FILE...               print content ids, like sha256sum
  config show|check|path   the configuration in effect, its faults, its file
  network new FILE         found a private network: make its key
  replay FILE              repeat what --record has recorded, for reports of faults
'mogshare COMMAND --help' says more about one.

Options, before or after the command:
  --home DIR               where folder, configuration and state are
                           (default: the working directory when it holds mogShare/
                           or config/mogshare.toml, else the XDG folders)
  --folder DIR             the folder that is shared, and where downloads land
  --port N                 listen on this port; 0 = any free one
  --listen ADDRESS         listen on this literal address; may be repeated
  --join HOST[:PORT]       enter the network through this peer
  --upload-limit SIZE      bytes a second for all uploads: 500k, 2M; 0 = no limit
  --set KEY=VALUE          set any key of the configuration; may be repeated
  -c COMMANDS              run commands of the prompt, separated by ';', and end
  -f FILE                  run the commands in FILE, one a line, and end
  --record FILE            record all that the protocol takes in, for reports of
                           faults; FILE then holds what peers sent, files too
  --json                   one JSON object a line on stdout
  -q, --quiet              errors only on stderr
  -v, --verbose            more on stderr
  --version                print the version
  -h, --help               print this

Examples:
  mogshare --join 192.168.1.5:7000
  mogshare serve --home /srv/peer --port 0
  mogshare search red bicycle --join 192.168.1.5
  mogshare get "photos/red bicycle.jpg"
  mogshare -c 'search bicycle; get 1; wait transfers' --join '[fd00::5]:7000'
  mogshare config show --set search.elect=lowest-rate

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 not found, 4 time limit
or no peers, 5 integrity, 6 network, 7 unfinished transfers, 9 disk full,
130 interrupted.
)";

constexpr std::array command_helps{
    command_help{"serve", R"(Usage: mogshare serve [OPTION...]

Starts a peer without a prompt. It prints 'ready port=N id=...' once others can
reach it, and stops in order on SIGINT or SIGTERM.

Examples:
  mogshare serve --port 0
  mogshare serve --home /srv/peer --join 192.168.1.5:7000 --upload-limit 2M
)"},
    command_help{"search", R"(Usage: mogshare search [OPTION...] WORD...

Searches for files whose path holds all the words, in any order and case. Quote
nothing: 'mogshare search red bicycle' looks for both words.

  --exact    the words together are a whole name; the search stops at a holder
  --id       the word is a content id (64 hex digits)
  --         what follows are words, even when they begin with '-'

Examples:
  mogshare search red bicycle --join 192.168.1.5:7000
  mogshare search --exact "photos/red bicycle.jpg" --json
)"},
    command_help{"get", R"(Usage: mogshare get [OPTION...] NAME | CONTENT-ID

Searches for a file by its exact name (or by its content id, 64 hex digits),
elects the best source, downloads the file, verifies it and puts it into the
shared folder. A peer that is running in the same home shares that file after its
next 'rescan'.

  --content HEX   of several contents called NAME, the one whose id begins so
  --id            the argument is a content id, or nothing

Examples:
  mogshare get "photos/red bicycle.jpg"
  mogshare get notes.txt --content 3fa2
)"},
    command_help{"status", R"(Usage: mogshare status [OPTION...]

Prints the id of the peer that lives in this home, long and short, the network it
belongs to, and the port of the one that is running here. Two people who compare
the long id know that they are connected to each other. At the prompt, 'status'
says more about the peer that runs.

Example:
  mogshare status --home /srv/peer
)"},
    command_help{"id", R"(Usage: mogshare id FILE...

Prints '<64 hex digits>  <path>' for each file: the root of the SHA-256 tree over
its 16 KiB leaves, which BitTorrent v2 calls its pieces root.

Example:
  mogshare id mogShare/*
)"},
    command_help{"replay", R"(Usage: mogshare replay FILE

Feeds a recording into the protocol's state machine again, without network and
disk, and compares what comes out with what came out then. Prints 'same outputs',
or the first step that gave others; exit code 1 then, and when the recording is
damaged or has no end.

'--record FILE' makes one: every input of the peer with its time, its settings
and its seed. FILE holds everything that peers sent and that was read for them,
contents of files too, so look before you pass it on. Only its owner can read it,
it never replaces a file, and it ends at 1 GiB.

Examples:
  mogshare serve --record run.trace
  mogshare replay run.trace
)"},
    command_help{"network", R"(Usage: mogshare network new FILE

Makes the key of a new private network and writes it to FILE, which only its
owner can read and which is never an old file. Who has a copy is a member; others
cannot enter, search or fetch. Copy it to each member by a way that nobody else
can read, and set 'network.key_file' in the configuration of each.

A passphrase does the same with less safety: see 'network.passphrase' in
config/mogshare.toml.

Example:
  mogshare network new config/network.key
)"},
    command_help{"config", R"(Usage: mogshare config show|check|path [OPTION...]

  show    print the configuration in effect as TOML: defaults, file, flags
  check   say what is wrong with it; exit code 2 when something is
  path    print where the file is, or would be

Examples:
  mogshare config check --home /srv/peer
  mogshare config show --set overlay.depth=4
)"},
};

}  // namespace

std::string help_text(std::string_view command) {
    for (const command_help& help : command_helps)
        if (help.command == command) return std::string(help.text);
    return std::string(program_help);
}

}  // namespace mogshare::app
