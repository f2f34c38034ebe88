#include "store/errors.hpp"

#include "mogshare/base/printable.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace mogshare::store {

std::string in_quotes(std::string_view path) {
    return "'" + printable(path, 2048) + "'";
}

bool means_full(int error) {
    return error == ENOSPC || error == EDQUOT;
}

problem system_problem(std::string_view operation, std::string_view object, int error, std::string hint) {
    const std::string reason = std::error_code(error, std::system_category()).message();
    problem made = plain_problem(operation, object, reason);
    made.hint = std::move(hint);
    if (means_full(error)) {
        made.is = problem::kind::disk_full;
        made.hint = "free some space there, then try again: nothing that is complete was lost";
    }
    return made;
}

problem plain_problem(std::string_view operation, std::string_view object, std::string_view reason,
                      problem::kind kind) {
    problem made;
    made.what = std::string(operation) + ' ' + in_quotes(object) + ": " + std::string(reason);
    made.is = kind;
    return made;
}

}  // namespace mogshare::store
