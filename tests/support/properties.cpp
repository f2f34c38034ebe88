#include "properties.hpp"

#include <cstdlib>
#include <iostream>
#include <string>

namespace {

std::string chosen_parameters() {
    const char* const given = std::getenv("RC_PARAMS");
    return given == nullptr ? "" : given;
}

// rapidcheck reads its parameters at the first check, after all static objects are made.
const bool seed_is_set = [] {
    std::string parameters = chosen_parameters();
    if (parameters.find("seed=") == std::string::npos) parameters = "seed=1 " + parameters;
    std::cout << "rapidcheck: RC_PARAMS='" << parameters << "'\n";
    return setenv("RC_PARAMS", parameters.c_str(), 1) == 0;
}();

}  // namespace

namespace mogshare::testing {

// rc::check with a number of its own: it takes that from the environment only, for all properties alike.
bool check_property(const std::string& name, const rc::detail::Property& property) {
    rc::detail::TestParams parameters = rc::detail::configuration().testParams;
    if (chosen_parameters().find("max_success=") == std::string::npos) parameters.maxSuccess = sequences_per_model;
    std::cerr << "\n- " << name << "\n";
    rc::detail::TestMetadata about;
    about.id = about.description = name;
    const rc::detail::TestResult result = rc::detail::checkProperty(property, about, parameters);
    rc::detail::printResultMessage(result, std::cerr);
    std::cerr << "\n";
    return result.is<rc::detail::SuccessResult>();
}

}  // namespace mogshare::testing
