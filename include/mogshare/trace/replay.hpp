#pragma once
// Feeds a recording into a machine of its own, and compares what comes out with what came out then.

#include "mogshare/base/result.hpp"
#include "mogshare/trace/recording.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mogshare::trace {

/// The first step whose outputs are others than recorded.
struct difference {
    std::uint64_t step = 0;      ///< numbered from 1: inputs and wakes
    std::string taken;           ///< what the machine took: `received`, `time`
    duration after{};            ///< since the recording began
    std::uint64_t recorded = 0;  ///< how many outputs
    std::string given;           ///< the outputs of this machine, for people
};

struct verdict {
    std::string program;       ///< who recorded
    std::uint64_t inputs = 0;  ///< that were fed in, without wakes
    std::uint64_t steps = 0;   ///< inputs and wakes
    duration lasted{};
    bool full = false;                  ///< the recording ended because it was full, the peer went on
    std::optional<difference> differs;  ///< nothing: the same outputs
};

/// Fails when `recording` is none, is damaged, or has no end; the reason says how far it was good.
result<verdict, problem> replay(byte_view recording);

}  // namespace mogshare::trace
