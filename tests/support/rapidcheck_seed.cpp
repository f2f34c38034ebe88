// Property tests draw from a fixed seed, so that a run that passes once passes again. `RC_PARAMS=seed=N` draws from another.

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

// rapidcheck reads its parameters at the first check, after all static objects are made.
const bool seed_is_set = [] {
    const char* const given = std::getenv("RC_PARAMS");
    std::string parameters = given == nullptr ? "" : given;
    if (parameters.find("seed=") == std::string::npos) parameters = "seed=1 " + parameters;
    std::cout << "rapidcheck: RC_PARAMS='" << parameters << "'\n";
    return setenv("RC_PARAMS", parameters.c_str(), 1) == 0;
}();

}  // namespace
