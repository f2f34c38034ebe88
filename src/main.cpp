#include "mogshare/app/program.hpp"

int main(int count, char** arguments) {
    const std::span<const char* const> all(arguments, static_cast<std::size_t>(count));
    return mogshare::app::run_program(all.subspan(all.empty() ? 0 : 1));
}
